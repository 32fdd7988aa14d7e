#!/usr/bin/env bats
# Goal: the pod of packaging/kubernetes/shop.yaml, played by runc: its commands, users, folders and
# probes as they stand in the file, each container in namespaces of its own, volumes as the kubelet
# makes them. What is not played: the kubelet itself, and the app, which is a program that waits.
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031  # each test has containers of its own

load ../daemon/helper
load container

# The documents of the file as JSON, a line each.
documents() {
  NODE_PATH=$CHECKOUT/build/ops/stacks/schema/node_modules node -e '
    const { parseAllDocuments } = require("yaml")
    const text = require("fs").readFileSync(process.argv[1], "utf8")
    for (const one of parseAllDocuments(text, { version: "1.1", merge: true })) console.log(JSON.stringify(one.toJS()))' \
    "$CHECKOUT/packaging/kubernetes/shop.yaml"
}
of_container() { jq -c --arg name "$1" "(.initContainers + .containers)[] | select(.name == \$name) | $2" "$DIR/pod"; }

# project VOLUME NAME=VALUE...: a ConfigMap or Secret as the kubelet writes it, swapped in at once.
project() {
  local folder=$DIR/volumes/$1 next
  shift
  next=$(mktemp -d "$folder/..2026_XXXXXX")
  chmod 755 "$next"
  while [ $# -gt 0 ]; do
    printf '%s' "${1#*=}" >"$next/${1%%=*}"
    chown 0:10000 "$next/${1%%=*}"
    chmod 440 "$next/${1%%=*}"
    [ -L "$folder/${1%%=*}" ] || ln -s "..data/${1%%=*}" "$folder/${1%%=*}"
    shift
  done
  ln -s "$(basename "$next")" "$folder/..data_tmp"
  mv -T "$folder/..data_tmp" "$folder/..data"
}

lay() {
  local volume
  umask 022
  documents >"$DIR/documents"
  jq -c 'select(.kind == "Deployment").spec.template.spec' "$DIR/documents" >"$DIR/pod"
  mkdir -p "$DIR/volumes"
  for volume in $(jq -r '.volumes[].name' "$DIR/pod"); do
    mkdir "$DIR/volumes/$volume"
    chown 0:10000 "$DIR/volumes/$volume"
    # Memory is a tmpfs, which is sticky; a folder on the disk is not
    chmod "$(jq -r --arg name "$volume" '.volumes[] | select(.name == $name)
      | if .secret or .emptyDir.medium == "Memory" then "3777" else "2777" end' "$DIR/pod")" "$DIR/volumes/$volume"
  done
  for volume in samekeyd.ini samekey.ini; do
    jq -r --arg name $volume 'select(.kind == "ConfigMap").data[$name]' "$DIR/documents" >"$DIR/$volume"
  done
  project settings "samekeyd.ini=$(cat "$DIR/samekeyd.ini")" "samekey.ini=$(cat "$DIR/samekey.ini")"
  chmod 444 "$DIR"/volumes/settings/..data/*
  project secrets "NEXTAUTH_SECRET=$CANARY"
  gcc -static -o "$DIR/server" -xc - <<<'
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    int main(void) { const char *s = getenv("NEXTAUTH_SECRET"); printf("serving with %zu\n", s ? strlen(s) : 0); fflush(stdout); pause(); return 0; }'
}

# container NAME [AS]: unpacks and configures one of the pod.
container() {
  local name=$1 as=${2:-$1} image
  image=$(of_container "$name" .image)
  case $image in *samekeyd*) image=samekeyd ;; *) image=samekey ;; esac # the app's image holds its program
  unpack $image "$as"
  install -D "$DIR/server" "$DIR/c/$as/rootfs/app/server"
  # shellcheck disable=SC2016  # jq's variables
  restrict "$as" '(.process.args) as $entry
    | .process.args = (($c.command // [$entry[0]]) + ($c.args // []))
    | .process.args |= (index("--") as $at | if $at then .[:$at + 1] + ["/app/server"] else . end)
    | .process.cwd = ($c.workingDir // "/")
    | .process.user = {uid: $c.securityContext.runAsUser, gid: $c.securityContext.runAsGroup, additionalGids: [$group]}
    | .mounts += [$c.volumeMounts[] | {destination: .mountPath, type: "bind",
        source: ($volumes + "/" + .name + (if .subPath then "/" + .subPath else "" end)),
        options: ["rbind", (if .readOnly then "ro" else "rw" end)]}]' \
    --argjson c "$(of_container "$name" .)" --arg volumes "$DIR/volumes" \
    --argjson group "$(jq .securityContext.fsGroup "$DIR/pod")"
}

# probe NAME KIND: the command of a probe, run in its container.
probe() {
  local words
  mapfile -t words < <(of_container "$1" ".$2.exec.command[]" | jq -r .)
  [ "${#words[@]}" -gt 1 ]
  inside "$1" "${words[@]}"
}
verifier() { inside samekeyd /usr/bin/samekey "$1" --json --socket /run/samekey/verifier/handoff.sock; }

up_pod() {
  lay
  container samekey
  up_container samekey
  wait "${CONTAINERS##*:}"
  CONTAINERS=
  container samekeyd
  up_container samekeyd
  until_true probe samekeyd startupProbe
  container web
  container ws
}

@test "the sidecar is up before the apps, which become ready, each by its own probe" {
  as_root_only
  up_pod
  up_container web
  until_true probe web readinessProbe
  probe samekeyd livenessProbe
  up_container ws
  until_true probe ws readinessProbe
  grep -q 'serving with' "$DIR/c/web/log"
  # no process of another container is seen, and both are known to live all the same
  verifier status >"$DIR/status" || true
  jq -e '[.secrets.apps[] | select(.state == "live") | [.app, .pid, .uid]] | sort == [["web", null, 10002], ["ws", null, 10003]]' \
    "$DIR/status" || { cat "$DIR/status"; return 1; }
  jq -e '[.secrets.apps[].keys[] | select(.key == "NEXTAUTH_SECRET").fingerprint] | length == 2 and .[0] == .[1]' "$DIR/status"
}

# elsewhere VALUE: ws gets a Secret of its own.
elsewhere() {
  mkdir -m 3777 "$DIR/volumes/elsewhere"
  project elsewhere "NEXTAUTH_SECRET=$1"
  change ws '.mounts |= map(if .destination == "/run/secrets/shop" then .source |= sub("secrets$"; "elsewhere") else . end)'
}

@test "a value that breaks a rule does not start, and the log says which key" {
  as_root_only
  up_pod
  elsewhere canary-short
  up_container ws
  until_true gone "${CONTAINERS##*:}"
  status=0
  wait "${CONTAINERS##*:}" || status=$?
  CONTAINERS=${CONTAINERS% *}
  [ "$status" -eq 78 ]
  grep -q 'NEXTAUTH_SECRET' "$DIR/c/ws/log"
  not grep -q serving "$DIR/c/ws/log"
}

@test "two apps with different values: after the time for rotations the probe says who must restart" {
  as_root_only
  up_pod
  project settings "samekeyd.ini=$(cat "$DIR/samekeyd.ini")" \
    "samekey.ini=$(sed 's/^group = shop/&\nrotation = 0s/' "$DIR/samekey.ini")"
  chmod 444 "$DIR"/volumes/settings/..data/*
  elsewhere "$CANARY2"
  up_container web
  until_true probe web readinessProbe
  up_container ws
  until_true not probe web readinessProbe
  [[ $(probe web readinessProbe 2>&1) == *"not ready"*NEXTAUTH_SECRET* ]]
}

@test "the end of an app is seen, where the kernel can tell of it, and its next start counts" {
  as_root_only
  up_pod
  up_container web
  until_true probe web readinessProbe
  runc kill web KILL
  if printf '6.5\n%s\n' "$(uname -r)" | sort -CV; then
    until_true eval 'verifier status | jq -e ".secrets.apps | all(.state == \"dead\")"'
  fi
  until_true runc delete -f web
  up_container web
  until_true probe web readinessProbe
}

@test "a Secret that is swapped is followed: both apps start again with it, and are one" {
  as_root_only
  grep -q supervise <<<"$("$SAMEKEY" run --help)"
  up_pod
  up_container web
  up_container ws
  until_true probe web readinessProbe
  until_true probe ws readinessProbe
  verifier status >"$DIR/before" || true
  project secrets "NEXTAUTH_SECRET=$CANARY2-$CANARY"
  until_true grep -q "serving with $((${#CANARY2} + ${#CANARY} + 1))" "$DIR/c/web/log"
  until_true grep -q "serving with $((${#CANARY2} + ${#CANARY} + 1))" "$DIR/c/ws/log"
  until_true probe web readinessProbe
  until_true probe ws readinessProbe
  verifier status >"$DIR/after" || true
  jq -e '[.secrets.apps[] | select(.state == "live").keys[].fingerprint] | unique | length == 1' "$DIR/after"
  [ "$(jq -c '[.secrets.apps[].keys[].fingerprint] | unique' "$DIR/before")" != \
    "$(jq -c '[.secrets.apps[] | select(.state == "live").keys[].fingerprint] | unique' "$DIR/after")" ]
}
