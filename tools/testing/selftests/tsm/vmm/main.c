// SPDX-License-Identifier: GPL-2.0
/*
 * The program around the example VMM: a demonstration of one guest protocol with
 * one device, or all of them as a test. The VMM itself starts in run.c.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "kselftest.h"
#include "vmm.h"

static const struct vmm_front * const fronts[] = {
#define TSM_PROTO(_name) &vmm_##_name,
#include "front_list.h"
#undef TSM_PROTO
};

/**
 * struct args - of the command line
 * @device: name of the function
 * @front: front end
 * @all: of all of them, as a test
 */
struct args {
	const char *device;
	const struct vmm_front *front;
	bool all;
};

static void print_usage(FILE *file)
{
	fprintf(file,
		"usage: tsm_vmm [--all]\n"
		"       tsm_vmm [--proto NAME] [--device NAME]\n"
		"\n"
		"Run a VM whose guest locks, attests, starts and stops a PCI function of the\n"
		"emulated TEE I/O platform (CONFIG_TSM_EMU), and print a line for each call that\n"
		"it makes. Takes root, /dev/kvm, /dev/iommu and VFIO.\n"
		"\n"
		"  --proto NAME   how the guest talks to its TSM, one of:");
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		fprintf(file, " %s", fronts[i]->name);
	fprintf(file,
		"\n"
		"  --device NAME  the function, one of:");
	for (const struct tsm_function *fn = tsm_functions; fn->name; fn++)
		fprintf(file, " %s", fn->name);
	fprintf(file,
		"\n"
		"  --all          a test of all protocols, each with all functions; so is no\n"
		"                 option at all\n"
		"  -h, --help     this text\n"
		"\n"
		"Exit status: 0 if the guest saw its device in state RUN, stopped it, and what it\n"
		"tried without the scope for it was refused; 1 if not, %d if the machine lacks\n"
		"something.\n",
		KSFT_SKIP);
}

static const struct option options[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "device", required_argument, NULL, 'd' },
	{ "proto", required_argument, NULL, 'p' },
	{ "help", no_argument, NULL, 'h' },
	{}
};

static int bad_usage(const char *what, const char *value)
{
	fprintf(stderr, "tsm_vmm: %s %s\n", what, value);
	print_usage(stderr);
	return KSFT_FAIL;
}

static const struct vmm_front *find_front(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		if (!strcmp(fronts[i]->name, name))
			return fronts[i];
	return NULL;
}

/* Return: -1 to go on, or the exit status */
static int parse_options(int argc, char *argv[], struct args *args)
{
	int opt;

	args->all = argc == 1;
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'a':
			args->all = true;
			break;
		case 'd':
			args->device = optarg;
			if (!tsm_find_function(optarg))
				return bad_usage("there is no device", optarg);
			break;
		case 'p':
			args->front = find_front(optarg);
			if (!args->front)
				return bad_usage("there is no protocol", optarg);
			break;
		case 'h':
			print_usage(stdout);
			return KSFT_PASS;
		default:
			print_usage(stderr);
			return KSFT_FAIL;
		}
	}
	return optind == argc ? -1 : bad_usage("what is", argv[optind]);
}

static int demonstrate(const struct vmm_front *front, const char *device)
{
	struct vmm vmm;

	if (!vmm_run(&vmm, front, device))
		return KSFT_PASS;
	if (!vmm.setup.missing)
		return KSFT_FAIL;
	vmm_say("MISSING: could not %s", vmm.setup.error);
	return KSFT_SKIP;
}

static void test(const struct vmm_front *front, const char *device)
{
	struct vmm vmm;
	char name[32];
	int rc;

	snprintf(name, sizeof(name), "%s %s", front->name, device);
	rc = vmm_run(&vmm, front, device);
	if (rc && vmm.setup.missing)
		ksft_test_result_code(KSFT_SKIP, name, "could not %s",
				      vmm.setup.error);
	else
		ksft_test_result_code(rc ? KSFT_FAIL : KSFT_PASS, name, NULL);
}

static unsigned int count_devices(void)
{
	unsigned int nr = 0;

	while (tsm_functions[nr].name)
		nr++;
	return nr;
}

static void test_all(void)
{
	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(fronts) * count_devices());
	vmm_line_prefix = "# ";
	for (size_t i = 0; i < ARRAY_SIZE(fronts); i++)
		for (const struct tsm_function *fn = tsm_functions; fn->name; fn++)
			test(fronts[i], fn->name);
	ksft_finished();
}

int main(int argc, char *argv[])
{
	struct args args = { .device = "pf0", .front = fronts[0] };
	int rc;

	rc = parse_options(argc, argv, &args);
	if (rc >= 0)
		return rc;
	if (args.all)
		test_all();
	return demonstrate(args.front, args.device);
}
