# What tunnels that run have left beside their records. Of "gone" there is no profile, "masked" is masked, "fallback" lies
# with NetworkManager and is broken, "typo" is broken, "changed" has lost its hooks, "unreadable" leads nowhere.
mkdir -p run/wg-profile/state etc/NetworkManager/system-connections
cd run/wg-profile/state
touch gone.json gone.lock gone.needs-netns gone.needs-hooks gone.resolver.json 'two words.needs-resolvconf' \
        masked.needs-saveconfig fallback.needs-hooks typo.needs-netns typo.needs-saveconfig changed.needs-hooks \
        unreadable.needs-resolvconf plain.json other.needs-something 'back\slash.needs-hooks' .needs-hooks
mkfifo fifo.needs-netns
cd ../../..
ln -s /dev/null etc/wg-profile/masked.conf
ln -s nowhere etc/wg-profile/unreadable.conf
printf '[connection]\ntype=wireguard\nid=\n[ipv4]\naddress1=nonsense\n' >etc/NetworkManager/system-connections/fallback.nmconnection
