#!/usr/bin/env bats
# Goal: samekey doctor reads what deploys the app: units, images, compose and Kubernetes files.

load helper
load doctor

# unit NAME: a unit from stdin.
unit() {
  HOST=$BATS_TEST_TMPDIR/host
  mkdir -p "$HOST/etc/systemd/system/$(dirname "$1")"
  cat >"$HOST/etc/systemd/system/$1"
}

@test "a unit's Environment= is overruled by its EnvironmentFile=, and that by UnsetEnvironment=" {
  app
  unit web.service <<-EOF
	[Service]
	WorkingDirectory=$PWD
	ExecStart=/usr/bin/node server.js
	Environment=A=b "NEXTAUTH_SECRET=$OTHER" \\
	    NODE_ENV=test
	EOF
  doctor
  exits 1
  finds feeds-other clear-secret stored-flag
  prints "web.service:4"
  mkdir "$HOST/etc/shop"
  printf 'NEXTAUTH_SECRET="%s"\n' "$GOOD" >"$HOST/etc/shop/env"
  unit web.service.d/10-env.conf <<<$'[Service]\nEnvironmentFile=-/etc/shop/e*\nEnvironmentFile=-/etc/none'
  doctor
  finds_not feeds-other
  printf 'NEXTAUTH_SECRET=\n' >"$HOST/etc/shop/env"
  doctor
  finds feeds-empty
  prints "/etc/shop/env:1"
  unit web.service.d/20-env.conf <<<$'[Service]\nUnsetEnvironment=NEXTAUTH_SECRET'
  doctor
  finds_not feeds-empty feeds-other
}

@test "a unit's pattern that would walk through the machine is not followed, nor one without end" {
  app
  unit web.service <<-EOF
	[Service]
	WorkingDirectory=$PWD
	EnvironmentFile=/*/*/*/e*
	EnvironmentFile=/many/e*
	EOF
  mkdir -p "$HOST/a/b/c" "$HOST/many"
  echo "NEXTAUTH_SECRET=$OTHER" >"$HOST/a/b/c/env"
  printf "$HOST/many/e%03d\n" {1..100} | xargs touch
  echo "NEXTAUTH_SECRET=$OTHER" >"$HOST/many/e100"
  doctor
  finds could-not-look
  prints "a pattern of folders" "wants 100 env files: the first 64 were read"
  finds_not feeds-other
}

@test "a unit behind samekey gives warnings, a masked one and one of another app none" {
  app
  unit web.service <<-EOF
	[Service]
	ExecStart=/usr/bin/samekey run -- node $PWD/server.js
	Environment=NEXTAUTH_SECRET=$OTHER
	EOF
  doctor
  exits 0
  finds feeds-other
  unit other.service <<<$'[Service]\nExecStart=/bin/x\nEnvironment=PORT=1'
  doctor
  prints "2 units looked at, 1 run or feed this app"
  ln -sf /dev/null "$HOST/etc/systemd/system/web.service"
  doctor
  finds_not feeds-other
}

@test "a unit is of this app also behind a program whose folder begins with the same name" {
  app
  unit web.service <<-EOF
	[Service]
	ExecStart=$PWD-node/bin/node $PWD/server.js
	Environment=NODE_ENV=test
	EOF
  unit other.service <<<"[Service]
ExecStart=$PWD-node/bin/node /opt/other.js
Environment=NODE_ENV=test"
  doctor
  finds stored-flag
  prints "2 units looked at, 1 run or feed this app"
}

@test "a unit that is a link by absolute path is that of --host" {
  app
  unit web.service <<<"[Service]
ExecStart=/usr/bin/node $PWD/server.js
Environment=NODE_ENV=test"
  mkdir -p "$HOST$PWD/units"
  mv "$HOST/etc/systemd/system/web.service" "$HOST$PWD/units/"
  ln -s "$PWD/units/web.service" "$HOST/etc/systemd/system/web.service"
  doctor
  finds stored-flag
  prints "1 unit looked at, 1 run or feed this app"
}

@test "a unit's env file that everybody may read, and credentials" {
  app
  HOST=$BATS_TEST_TMPDIR/host
  mkdir -p "$HOST/etc"
  printf 'NEXTAUTH_SECRET=%s\n' "$GOOD" >"$HOST/etc/env"
  chmod 644 "$HOST/etc/env"
  printf '%s\n' "$OTHER" >"$HOST/etc/credential"
  unit web.service <<-EOF
	[Service]
	WorkingDirectory=$PWD
	EnvironmentFile=/etc/env
	LoadCredential=NEXTAUTH_SECRET:/etc/credential
	EOF
  doctor
  finds world-readable feeds-other
  prints "/etc/credential"
}

@test "images: COPY of everything, ENV and ARG of a secret" {
  app
  printf 'FROM node\nCOPY . .\nENV A=1 \\\n  NEXTAUTH_SECRET=%s\nARG NEXTAUTH_SECRET\nCOPY --from=a . .\nENV PORT=1\n' \
    "$OTHER" >Dockerfile
  doctor
  exits 1
  finds baked-secret image-copy
  prints "Dockerfile:2" "Dockerfile:4" "Dockerfile:5"
  prints_not "Dockerfile:6" "Dockerfile:7"
  printf '# c\n**/.env*\n' >.dockerignore
  doctor
  finds_not image-copy
  echo '!.env' >>.dockerignore
  doctor
  finds image-copy
}

@test "images: COPY however it is written, and every env file that lies beside it" {
  local line
  app
  for line in 'COPY ["./", "/app"]' "COPY ./* /app/" "COPY --chown=node . /app" "COPY ./.env ./" "COPY a web/.env.local ./" \
    'ADD [".env*","/app/"]'; do
    echo "$line" >Dockerfile
    doctor images
    finds image-copy || complain "$line"
  done
  for line in "COPY .env.example ./.env" "COPY package.json ." 'COPY ["a", "."]' "COPY src ./"; do
    echo "$line" >Dockerfile
    doctor images
    finds_not image-copy || complain "$line"
  done
  echo "COPY . ." >Dockerfile
  printf '.env\n.env.old\n' >.dockerignore
  doctor images
  finds_not image-copy
  echo A=1 >.env.production
  doctor images
  finds image-copy
  prints ".dockerignore does not name .env.production"
}

@test "images: a Dockerfile that cannot be read is none that is fine" {
  app
  head -c 20M /dev/zero >Dockerfile
  doctor
  finds could-not-look
  prints "File too large" "Dockerfile"
  prints_not "no Dockerfile here"
}

@test "compose: what another file takes in is looked at, in circles too, or named" {
  app
  mkdir parts
  cat >compose.yaml <<-EOF
	include: [parts/ws.yml, "https://example.org/x.yml", parts/none.yml]
	services:
	  web:
	    extends: {file: parts/base.yml, service: web}
	EOF
  printf 'include: [../compose.yaml]\nservices:\n  ws:\n    env_file: ws.env\n' >parts/ws.yml
  printf 'NEXTAUTH_SECRET="%s"\n' "$OTHER" >parts/ws.env
  printf 'services:\n  web:\n    environment: {NEXTAUTH_SECRET: ""}\n' >parts/base.yml
  doctor
  finds feeds-empty feeds-other could-not-look
  prints "parts/base.yml:3" "parts/ws.env:1" "takes in https://example.org/x.yml" "parts/none.yml"
  prints_not "parts/../compose.yaml"
}

@test "Kubernetes: what a container takes by name is followed over files, or named" {
  app
  mkdir k8s
  cat >k8s/app.yaml <<-EOF
	apiVersion: apps/v1
	kind: Deployment
	metadata: {name: shop}
	spec:
	  template:
	    spec:
	      containers:
	      - name: app
	        env:
	        - name: NEXTAUTH_SECRET
	          valueFrom: {secretKeyRef: {name: web, key: auth}}
	        envFrom: [{secretRef: {name: sealed}}]
	EOF
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: web}\ndata:\n  auth: %s\n' \
    "$(printf %s "$OTHER" | base64 -w0)" >k8s/a-secret.yaml
  doctor
  finds feeds-other could-not-look
  prints "k8s/a-secret.yaml:5" "container app of Deployment shop" "Secret sealed, which no file here holds"
}

@test "compose: blanks, env files, build arguments, flags and secrets" {
  app
  rm .env.old
  cat >compose.yaml <<-EOF
	services:
	  web:
	    environment: &env
	      NEXTAUTH_SECRET: ""
	      PORT: 4000
	      __NEXT_PROCESSED_ENV: "true"
	    env_file: [.env, {path: web.env, required: false}, none.env]
	    build:
	      args: [NEXTAUTH_SECRET]
	  ws:
	    environment: ["NEXTAUTH_SECRET=\${NEXTAUTH_SECRET}", NODE_ENV=test]
	secrets: {nextauth_secret: {file: ./key}}
	EOF
  printf '%s\n' "$OTHER" >key
  printf 'NEXTAUTH_SECRET="%s"\n' "$OTHER" >web.env
  doctor
  exits 1
  finds baked-secret feeds-empty feeds-other feeds-setting stored-flag could-not-look
  prints "compose.yaml:4" "compose.yaml:6" "compose.yaml:9" "compose.yaml:11" "web.env:1" "none.env" \
    "  key"
  prints_not "where  .env:1"
  printf 'services:\n  web:\n    environment: {NEXTAUTH_SECRET: %s}\n' "$GOOD" >compose.yaml
  doctor
  exits 0
  finds clear-secret
  finds_not feeds-other
}

@test "Kubernetes: a line end in a Secret, a ConfigMap, and what is no YAML" {
  app
  rm .env.old
  mkdir k8s
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: shop}\ndata:\n  NEXTAUTH_SECRET: %s\n' \
    "$(echo "$GOOD" | base64 -w0)" >k8s/secret.yaml
  printf 'apiVersion: v1\nkind: ConfigMap\ndata: {NEXTAUTH_SECRET: %s}\n' "$OTHER" >k8s/config.yaml
  printf '{{ if x }}\nkind: Secret\n' >k8s/template.yaml
  printf 'name: values\n' >k8s/values.yaml
  doctor
  exits 1
  finds feeds-quoted config-map-secret feeds-other could-not-look
  prints "echo without -n" "k8s/secret.yaml:5" "k8s/config.yaml:3" "a template"
  prints_not "k8s/values.yaml"
}

@test "a unit of another project has a secret of the same name: no finding, unless it is shared or comes from here" {
  app
  unit other.service <<-EOF
	[Service]
	WorkingDirectory=/srv/elsewhere
	Environment=NEXTAUTH_SECRET=$OTHER
	EOF
  doctor
  exits 0
  finds_not feeds-other clear-secret
  prints "other.service has secrets of the same names, and is another app's, in /srv/elsewhere" "0 run or feed this app"
  unit other.service <<-EOF
	[Service]
	WorkingDirectory=/srv/elsewhere
	Environment=NEXTAUTH_SECRET=$STALE
	EOF
  doctor --dotenv .env --dotenv .env.old
  exits 1
  finds feeds-stale clear-secret
  unit other.service <<<$'[Service]\nWorkingDirectory=~\nEnvironment=NEXTAUTH_SECRET='"$OTHER"
  doctor
  finds feeds-other
  unit other.service <<<$'[Service]\nWorkingDirectory=/srv/ws\nEnvironment=NEXTAUTH_SECRET='"$OTHER"
  printf '[key NEXTAUTH_SECRET]\nsecret = yes\nshared = yes\n' >samekey.ini
  doctor
  finds feeds-other
}

@test "the bundle's own line, read otherwise by compose: not to be deleted, but to be written alike" {
  app
  printf 'NEXTAUTH_SECRET="pJ8#kd93$Lx%s"\n' "$GOOD" >.env
  printf 'services:\n  web:\n    env_file: .env\n' >compose.yaml
  doctor
  finds feeds-other
  prints "where  .env:1" "fix    the line is read otherwise there: samekey lint"
  prints_not "delete the value there"
}

@test "a unit's env file by a specifier, and one that systemd would refuse, are said" {
  app
  unit web@.service <<<"[Service]
ExecStart=/usr/bin/node $PWD/server.js
EnvironmentFile=-$PWD/%i.env"
  unit worker.service <<<"[Service]
ExecStart=/usr/bin/node $PWD/worker.js
EnvironmentFile=$PWD/50%%.env"
  mkdir -p "$HOST$PWD"
  printf 'NEXTAUTH_SECRET=%s\xff\n' "$OTHER" >"$HOST$PWD/50%.env"
  doctor systemd
  finds could-not-look
  prints "web@.service names an env file by a specifier" "systemd would refuse it"
}

@test "what is more in deployments than is told is said" {
  local i
  app
  mkdir k8s
  { printf 'services:\n  web:\n    environment:\n'; for ((i = 0; i < 5001; i++)); do echo "      - NEXTAUTH_SECRET=$OTHER"; done; } >compose.yaml
  {
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n  - name: c\n    env:\n'
    for ((i = 0; i < 4097; i++)); do echo "    - {name: V$i, valueFrom: {secretKeyRef: {name: s, key: k$i}}}"; done
  } >k8s/pod.yaml
  doctor deployments
  prints "it gives more variables than are told" "containers take more by name than is followed"
}
