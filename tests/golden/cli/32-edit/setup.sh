printf '#!/bin/sh\nsed -i s/51820/51821/ "$1"\n' > port
printf '#!/bin/sh\nsed -i s/1420/much/ "$1"\n' > wrong
printf '#!/bin/sh\necho PrivateKey = EImIM5ls1XNlzB9jCoolyOlsf0HnrFDjRLqewUHcXHU= >> "$1"\nkill -9 $$\n' > killed
printf '#!/bin/sh\nsed -i s/51821/51822/ "$1"\necho "# mine" >> root/etc/wg-profile/home.conf\n' > slow
printf '#!/bin/sh\n: > "$1"\n' > empty
printf '#!/bin/sh\nstat -c "%%a" "$1"; dirname "$1" | sed s/.*tree/TREE/\n' > look
printf '#!/bin/sh\nsed -i s/much/1380/ "$1"\n' > mend
chmod +x port wrong killed slow empty look mend
