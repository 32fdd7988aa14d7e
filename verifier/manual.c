// The options are written here, the settings come from the table of setup_rows.c.
// SPDX-License-Identifier: MIT
#include "verifier/manual.h"

#include "lib/base/setting.h"
#include "verifier/setup/setup.h"
#include "verifier/setup/setup_rows.h"

#include <errno.h>

static const char usage[] =
	"usage: samekeyd [--ini FILE] [--check] [--verbose]\n"
	"       samekeyd --private FD [--api PATH] [--handoff PATH] [--ini FILE]\n"
	"                [--verbose]\n"
	"\n"
	"Keeps the bundles that samekey hands over, compares them, and answers for them.\n"
	"\n"
	"  --ini FILE    settings; default: " SETUP_DEFAULT_INI ", if it is there\n"
	"  --check       reads the settings and the files they name, says what is wrong,\n"
	"                and ends\n"
	"  --private FD  serves one loader over the connected SOCK_SEQPACKET socket FD,\n"
	"                and ends with the process whose bundle it got, or when FD is\n"
	"                closed before there is one. Started by\n"
	"                `samekey run --private-verifier`. Listens nowhere else than\n"
	"                --api and --handoff say; without --ini it has the defaults;\n"
	"                logs only warnings and errors\n"
	"  --api PATH    with --private: the socket of the HTTP API, for this user\n"
	"                alone; removed in the end, with its folder if that is empty\n"
	"                then\n"
	"  --handoff PATH\n"
	"                the same for the loaders and commands that the process starts\n"
	"  --verbose     logs every request\n"
	"  --help        prints this\n"
	"  --version     prints the version\n"
	"\n"
	"Signals: SIGHUP reads the settings again, SIGTERM finishes what has begun and\n"
	"ends.\n"
	"\n"
	"Logs to standard error, one line an event, each with its time in front, or to\n"
	"the journal where standard error is the journal; [log] says in which form. A\n"
	"line that would hold a value of a bundle is not written: event=withheld names\n"
	"the event and the field.\n"
	"\n"
	"Settings of samekeyd.ini, each under its section:\n";

int manual_print(FILE *out)
{
	(void)fputs(usage, out);
	setting_print(out, setup_rows, setup_rows_count, setup_rows_named);
	return fflush(out) < 0 || ferror(out) ? -EIO : 0;
}
