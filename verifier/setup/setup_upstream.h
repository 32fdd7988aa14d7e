// Judges [upstream] of samekeyd.ini.
// SPDX-License-Identifier: MIT
#ifndef VERIFIER_SETUP_SETUP_UPSTREAM_H
#define VERIFIER_SETUP_SETUP_UPSTREAM_H

struct setup_reading;

// Judges it, and writes into the rules of sessions which statuses mean a wrong password. What is
// wrong becomes findings; `reading->code` says so.
void setup_upstream_judge(struct setup_reading *reading);

// Whether a URL may be where passwords go: http or https, with a host, without credentials and
// without a fragment. To be asked again when it comes from a bundle.
// Returns: NULL, or in words what is wrong, without the URL.
const char *setup_upstream_complaint(const char *url);

#endif
