#!/usr/bin/env bats
# Goal: every C file opens, guards and documents itself as CONTRIBUTING.md says.

load meta

gcc_flags="-std=gnu17 -Wall -Wextra -Werror -I. -D_GNU_SOURCE"

@test "every header compiles alone" {
  for header in $(c_files | grep '\.h$'); do
    # shellcheck disable=SC2086  # flags are meant to split
    gcc $gcc_flags -fsyntax-only -x c "$header" 2>&1 | grep -v 'pragma once' || true
  done | no_complaint
}

@test "an include guard is the header's path" {
  for header in $(c_files | grep '\.h$'); do
    guard=$(tr a-z./- A-Z___ <<<"$header")
    [ "$(grep -m 2 -c "^#\(ifndef\|define\) $guard$" "$header")" -eq 2 ] || echo "$header: no guard $guard"
  done | no_complaint
}

@test "every C file opens with what it does and one SPDX line" {
  c_files | xargs awk '
    FNR == 1 { lines = 0; open = 1; if ($0 !~ /^\/\/ /) { print FILENAME ": no opening comment"; open = 0 } }
    open && /^\/\/ SPDX-License-Identifier: MIT$/ {
      if (lines < 1 || lines > 6) print FILENAME ": " lines " lines before SPDX, not 1 to 6"
      open = 0; next
    }
    open && /^\/\/ / { lines++; next }
    open { print FILENAME ": no SPDX line after the opening comment"; open = 0 }' | no_complaint
}

@test "a source includes its own header first" {
  for source in $(product_sources); do
    [ -f "${source%.c}.h" ] || continue
    first=$(grep -m 1 '^#include' "$source")
    [ "$first" = "#include \"${source%.c}.h\"" ] || echo "$source: first is $first"
  done | no_complaint
}

@test "every prototype, or the group that it stands in, has a comment above it" {
  c_files | grep '^\(lib\|loader\|verifier\).*\.h$' | xargs awk '
    FNR == 1 { before = "" }
    /^[a-z].*\(/ && !/^(static|typedef|struct [a-z_]+ \{|extern)/ && before == "" {
      print FILENAME ":" FNR ": undocumented: " $0
    }
    { before = $0 }' | no_complaint
}

@test "no typedef but of a function type" {
  c_files | xargs grep -nE '^[[:space:]]*typedef' | grep -v '(' | no_complaint
}

@test "no C file is longer than 450 lines" {
  c_files | xargs wc -l |
    awk '$2 != "total" && $1 > 450 { print $2 ": " $1 " lines" }' | no_complaint
}

@test "nothing is left for later, and nothing is commented out" {
  project_files | grep -v '^tests/meta/20-sources.bats$' |
    xargs grep -nIE '\b(TODO|FIXME|XXX|HACK)\b' | no_complaint
  c_files | xargs grep -nE '^[[:space:]]*//.*(\(.*\);|\) \{|= [^ ]*;)$' | no_complaint
}

@test "codes of problems are words with underscores" {
  c_files | grep '^verifier/door/' |
    xargs grep -hoPz '([45]\d\d,|ret_code =)\s*"[a-z]+(-[a-z]+)+"' | tr '\0' '\n' | no_complaint
}

@test "a file of the verifier that a comment names is there" {
  c_files | xargs grep -nE '(trust|door)/[a-z]' | grep -v '#include\|_H$' | while IFS=: read -r file line text; do
    grep -oE '(trust|door)/[a-z0-9_/]+' <<<"$text" | while read -r path; do
      compgen -G "verifier/$path*" >/dev/null || echo "$file:$line: $path"
    done
  done | no_complaint
}

@test "git keeps no file that .gitignore names" {
  git ls-files -ci --exclude-standard | no_complaint
}
