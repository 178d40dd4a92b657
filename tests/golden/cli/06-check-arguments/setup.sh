printf '[Interface]\nTable = 5\n' > wg9.conf
printf '[Interface]\n' > notes.txt
printf '[Interface]\n' > a-name-that-is-too-long.conf
printf '[Interface]\nPrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=\n' > open.conf
mkdir directory.conf
chmod 644 open.conf
touch "root/etc/wg-profile/a b:c.conf"
