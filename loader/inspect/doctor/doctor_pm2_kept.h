// What PM2 keeps beside its dump: processes, logs, settings of its modules. Part of doctor_pm2.
// SPDX-License-Identifier: MIT
#ifndef LOADER_INSPECT_DOCTOR_DOCTOR_PM2_KEPT_H
#define LOADER_INSPECT_DOCTOR_DOCTOR_PM2_KEPT_H

#include "lib/base/base.h"

struct doctor;

// Processes that PM2 runs, and its daemon, which hold another value than the bundle's.
// Returns: 0 or -ENOMEM; what cannot be looked at becomes a finding.
int doctor_pm2_kept_processes(struct doctor *doctor) must_check;

// Logs and settings of modules below PM2's folder that hold a value of a secret.
// Returns: 0 or -ENOMEM; what cannot be looked at becomes a finding.
int doctor_pm2_kept_files(struct doctor *doctor, const char *home) must_check;

#endif
