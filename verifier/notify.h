// The service manager: tells it how we are (sd_notify(3)'s protocol, without its library), and
// knows what it does with our log.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_NOTIFY_H
#define VERIFIER_NOTIFY_H

#include "lib/base/base.h"

// Sends lines such as "READY=1\nSTATUS=..." to $NOTIFY_SOCKET; without one, nothing happens. A
// message that cannot be sent is lost.
void notify_send(const char *format, ...) printf_like(1, 2);

// Whether what is written to `fd` lands in the journal, which notes the time of each line by itself
// (systemd.exec(5), $JOURNAL_STREAM).
bool notify_is_journal(int fd);

#endif
