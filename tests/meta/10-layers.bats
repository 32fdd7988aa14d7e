#!/usr/bin/env bats
# Goal: a file includes only its own room and the rooms to its right; libraries stay where they are.

load meta

@test "every include follows the arrows of layers.txt" {
  c_files | xargs awk -v layers=tests/meta/layers.txt '
    function room(path) { sub(/\/[^\/]*$/, "", path); return path }
    BEGIN {
      while ((getline line < layers) > 0) {
        if (line ~ /^#/) continue
        split(line, part, ":"); from = part[1]; known[from] = may[from, from] = 1
        n = split(part[2], to, " ")
        for (i = 1; i <= n; i++) may[from, to[i]] = 1
      }
    }
    FNR == 1 && !(room(FILENAME) in known) { print FILENAME ": layers.txt has no room " room(FILENAME) }
    /^#[ \t]*include[ \t]*"/ {
      split($0, part, "\"")
      if (part[2] !~ /\//) print FILENAME ":" FNR ": include by the path from the root: " part[2]
      else if (!((room(FILENAME), room(part[2])) in may))
        print FILENAME ":" FNR ": " room(FILENAME) " may not include " part[2]
    }' | no_complaint
}

@test "every room of layers.txt that the arrows lead to is a room of it too" {
  awk -F '[: ]+' '!/^#/ { for (i = 2; i <= NF; i++) if ($i != "") to[$i] = 1; from[$1] = 1 }
    END { for (r in to) if (!(r in from) && r != "tests") print "no line for " r }' \
    tests/meta/layers.txt | no_complaint
}

@test "a library's header is included by its one file only" {
  grep -v '^#' tests/meta/third-party.txt | while read -r header files; do
    c_files | xargs grep -lE "^#[[:space:]]*include[[:space:]]*<$header>" | while read -r file; do
      case " $files " in *" $file "*) ;; *) echo "$file includes <$header>" ;; esac
    done
  done | no_complaint
}
