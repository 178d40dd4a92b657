cd etc/wg-profile
for name in 'back\slash' 'star*' 'what?' 'range[' 'colon:'; do
        cp '100%.nmconnection' "$name.nmconnection"
done
cp '100%.nmconnection' $'new\nline.nmconnection'
cp '100%.nmconnection' $'escape\e[2J.nmconnection'
cp '100%.nmconnection' $'latin1-\xfc.nmconnection'
# 234 bytes is the longest name, also when it takes escapes to get there
cp '100%.nmconnection' "$(printf 'l%.0s' {1..234}).nmconnection"
cp '100%.nmconnection' "$(printf 'L%.0s' {1..235}).nmconnection"
cp '100%.nmconnection' "$(printf '+%.0s' {1..59}).nmconnection"
# in others' directories odd names are theirs
mkdir -p ../NetworkManager/system-connections
cp '100%.nmconnection' '../NetworkManager/system-connections/colon:.nmconnection'
