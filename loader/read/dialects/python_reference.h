// References of python-dotenv: ${NAME} and ${NAME:-DEFAULT}.
// SPDX-License-Identifier: MIT
#ifndef LOADER_READ_DIALECTS_PYTHON_REFERENCE_H
#define LOADER_READ_DIALECTS_PYTHON_REFERENCE_H

#include "loader/read/dialects/span.h"

struct emulation;

// Replaces the references in a value; what they stand for is not looked at again.
// Returns: the text, which lasts as long as the emulation.
struct span python_reference_expand(struct emulation *emulation, struct span value);

#endif
