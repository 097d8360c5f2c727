# Process 1 of a test machine, in new namespaces. Mounts separate folders, whose changes this computer does not see.
# NAME is the host name of the machine, REPOSITORY is mounted at /opt/airlock, and SHIMS replace programs that need a real machine.
hostname "$NAME"
folders=/mnt
mount -t tmpfs -o mode=0755 tmpfs "$folders"
mkdir -p "$folders"/{etc,lib/{dpkg,apt,nginx},opt/airlock,run/shims,root,log/nginx,tmp}
chmod 1777 "$folders/tmp"
cp -a /etc/. "$folders/etc"
mount --bind /var/lib/dpkg "$folders/lib/dpkg"
mount --bind /var/lib/apt "$folders/lib/apt"
mount --bind "$REPOSITORY" "$folders/opt/airlock"
# Read-only, because no command may install or build here. The test run has already done so.
mount -o remount,bind,ro "$folders/opt/airlock"
mount --bind "$SHIMS" "$folders/run/shims"
mount --bind "$folders/etc" /etc
mount --rbind "$folders/lib" /var/lib
mount --rbind "$folders/opt" /opt
mount --bind "$folders/root" /root
mount --bind "$folders/log" /var/log
mount --rbind "$folders/run" /run
mount --bind "$folders/tmp" /tmp
printf '127.0.0.1 localhost %s\n' "$NAME" >/etc/hosts
echo ready
# Bash reaps every process that loses its parent.
sleep infinity &
wait
