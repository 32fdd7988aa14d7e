# What the meta-tests share. They judge the tree, not the programs.

cd "$BATS_TEST_DIRNAME/../.." || exit 1

# Every C source or header of ours, a line each.
c_files() {
  find lib loader verifier tests -name '*.[ch]' 2>/dev/null | sort
}

# The sources of the product, so without the tests.
product_sources() {
  find lib loader verifier -name '*.c' 2>/dev/null | sort
}

# Every file of the project: what git tracks or would track.
project_files() {
  git ls-files -co --exclude-standard | while read -r file; do
    [ ! -f "$file" ] || echo "$file"
  done
}

# Fails, and shows them, when lines come in: each is a complaint.
no_complaint() {
  local complaints
  complaints=$(cat)
  [ -z "$complaints" ] || { echo "$complaints"; return 1; }
}
