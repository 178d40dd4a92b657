printf '[Interface]\nMTU = \033[2J\nAddress = \007\nPostUp = x\n\033]0;title\007 = 1\n' > wg0.conf
printf '[Interface]\nPostUp = printf "\033[31m\tred\377"\n' > wg1.conf
printf '[Interface]\n' > "$(printf 'wg\0332.conf')"
