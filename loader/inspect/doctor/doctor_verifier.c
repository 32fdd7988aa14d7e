// What guards the running samekeyd, as it says itself; without one, what this kernel could give.
// SPDX-License-Identifier: MIT
#include "lib/base/text.h"
#include "lib/value/dump.h"
#include "lib/value/finding.h"
#include "lib/value/jsonload.h"
#include "loader/inspect/doctor/doctor.h"

#include <errno.h>
#include <jansson.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#define SHOWN 256

// What a guard that is in force means.
static const struct {
	const char *guard, *text;
} meanings[] = {
	{"seccomp", "samekeyd makes no system call outside of its list"},
	{"landlock", "samekeyd opens no file outside of its folders"},
	{"capabilities", "samekeyd has no capability"},
	{"no_new_privs", "samekeyd gets no privilege from a program"},
	{"memory_locked", "samekeyd's secrets are never swapped to disk"},
	{"memory_hidden", "samekeyd's secrets are hidden from the kernel's own map"},
	{"not_dumpable", "samekeyd leaves no core file"},
};

static void look_at_guard(struct doctor *doctor, const json_t *guard)
{
	char name[SHOWN], cause[SHOWN], why[SHOWN];
	enum finding finding = FINDING_UNGUARDED;

	(void)dump_member(guard, "guard", name, sizeof(name));
	(void)dump_member(guard, "cause", cause, sizeof(cause));
	(void)dump_member(guard, "why", why, sizeof(why));
	if (json_is_true(json_object_get(guard, "active"))) {
		for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
			if (text_equal(name, meanings[i].guard))
				doctor_saw(doctor, "%s", meanings[i].text);
		return;
	}
	if (text_equal(cause, "kernel"))
		finding = FINDING_KERNEL_LACKS;
	finding_add(doctor->diag, finding,
		&(struct finding_about){.origin = doctor->verifier.where},
		"samekeyd runs without %s: %s", name, why);
}

static int look_at_answer(struct doctor *doctor)
{
	const struct doctor_verifier *verifier = &doctor->verifier;
	const json_t *list, *guard;
	json_t *answer = NULL;
	size_t i;

	if (jsonload_text(verifier->guards, strlen(verifier->guards), 0, &answer, NULL) == -ENOMEM)
		return -ENOMEM;
	list = json_object_get(answer, "guards");
	if (!json_is_array(list))
		doctor_could_not(
			doctor, verifier->where, "what guards samekeyd: its answer is no list");
	json_array_foreach(list, i, guard)
	{
		look_at_guard(doctor, guard);
	}
	json_decref(answer);
	return 0;
}

static void look_at_kernel(struct doctor *doctor)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0)
		doctor_saw(doctor, "the kernel can filter samekeyd's system calls");
	else
		finding_add(doctor->diag, FINDING_KERNEL_LACKS,
			&(struct finding_about){.origin = "seccomp"},
			"the kernel gives no seccomp: samekeyd's system calls are not filtered");
}

int doctor_verifier(struct doctor *doctor)
{
	const struct doctor_verifier *verifier = &doctor->verifier;

	if (!verifier->fine)
		look_at_kernel(doctor);
	else if (verifier->guards_status == 200)
		return look_at_answer(doctor);
	else if (verifier->guards_status == 403)
		doctor_could_not(doctor, verifier->where,
			"what guards samekeyd: this user lacks the verb status there");
	else
		doctor_could_not(doctor, verifier->where,
			"what guards samekeyd: it does not say, as one of an older version");
	return 0;
}
