mkdir downloads
cat > downloads/wg0.conf <<EOT
[Interface]
PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
Address = 10.0.0.2/24
[Peer]
PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=
AllowedIPs = 10.0.0.0/24
EOT
cp downloads/wg0.conf 'downloads/a-provider-us-east-0042.conf'
cp downloads/wg0.conf downloads/peer1.txt
cat > downloads/Office.nmconnection <<EOT
[connection]
id=Office
type=wireguard
interface-name=office
autoconnect=false
[wireguard]
private-key=yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=
EOT
sed 's/^Address.*/Address = 10.0.0.2\/33/; s/^AllowedIPs.*/Allowed = x/' downloads/wg0.conf > downloads/bad.conf
echo hello > downloads/letter.txt
: > downloads/empty.conf
chmod 644 downloads/*
mkdir -p linked/etc linked/data/wg-profile
ln -s /data/wg-profile linked/etc/wg-profile
