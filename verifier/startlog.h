// What the log says once all is open.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_STARTLOG_H
#define VERIFIER_STARTLOG_H

struct daemon;

// Tells where it listens, what it goes by, and what is less than it could be; which profiles have
// no key yet, unless it is a private one, to which the bundle is still to come.
void startlog_tell(struct daemon *daemon);

#endif
