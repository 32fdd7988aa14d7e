# A fresh Debian root in a folder, for tests that install into one: only root can make it. Its
# archives, resolv.conf, proxies and certificates are this machine's, taken when it is made.
# shellcheck shell=bash

# The first archive of this machine's apt sources, in either of their two forms.
bareroot_mirror() {
  { sed -nE 's/^URIs: *([^ ]+).*/\1/p' /etc/apt/sources.list.d/*.sources
    sed -nE 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list
  } 2>/dev/null | head -n 1
}

# bareroot_make ROOT SUITE PACKAGE,...: 75 when the archive did not give it.
bareroot_make() {
  local root=$1 log=$1.log
  timeout 300 debootstrap --variant=minbase --include="$3" "$2" "$root" "$(bareroot_mirror)" >"$log" 2>&1 ||
    { tail -n 20 "$log" >&2; rm -f "$log"; return 75; }
  rm -f "$log"
  rm "$root/etc/apt/sources.list" # debootstrap's own line is there once more
  cp -rL /etc/apt/. "$root/etc/apt/"
  find "$root/etc/apt" \( -name '*.sources' -o -name '*.list' \) -exec \
    sed -i "s/\<$(. /etc/os-release && echo "$VERSION_CODENAME")\>/$2/g" {} +
  cp -rL /usr/share/keyrings/. "$root/usr/share/keyrings/"
  bareroot_connect "$root"
}

# This machine's way to the network, which may differ from that of the machine that made the root.
bareroot_connect() {
  local root=$1
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  cp -L /etc/hosts "$root/etc/hosts"
  mkdir -p "$root/usr/local/share/ca-certificates" "$root/etc/ssl/certs"
  cp -rL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt" 2>/dev/null || true
}

bareroot_remove() {
  rm -rf --one-file-system "$1"
}

# bareroot_run ROOT [NAME=VALUE...] COMMAND...: as root there, with nothing of the caller's
# environment but the proxies. A mount namespace whose root it is, since the kernel gives nobody a
# user namespace below chroot(2); umount(8) there asks its /proc, and all mounts end with it.
bareroot_run() {
  local root=$1
  shift
  # shellcheck disable=SC2016  # the inner shell's own words
  unshare --mount --propagation private sh -c '
    mount --rbind "$0" "$0" && cd "$0" && mkdir -p .before dev/pts dev/shm &&
      mount -t proc proc proc && mount -t tmpfs tmpfs dev/shm &&
      mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts &&
      pivot_root . .before && cd / && umount -l /.before && rmdir /.before && exec "$@"' "$root" \
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" "$@" </dev/null
}
