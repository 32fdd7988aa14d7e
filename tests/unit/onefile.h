// An empty file of the test's own, there while its group runs.
// SPDX-License-Identifier: MIT
#ifndef TESTS_UNIT_ONEFILE_H
#define TESTS_UNIT_ONEFILE_H

// Where it lies; tests may add what ends with this name.
extern char onefile_path[sizeof("/tmp/samekey-onefile-XXXXXX")];

// For cmocka: a group's setup and teardown.
int onefile_make(void **state);
int onefile_remove(void **state);

#endif
