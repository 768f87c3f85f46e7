// SPDX-License-Identifier: GPL-2.0
/*
 * Live the lives of a corpus again, a case each: that the kernel bears them is seen in its
 * log. A file has calls in hex, one a line behind the line with the firmware; "# name"
 * begins an input.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kselftest.h"
#include "life.h"

#define INPUT_MAX (1 + CALLS_MAX * CALL_LEN)

struct input {
	char name[64];
	uint8_t data[INPUT_MAX];
	size_t len;
};

static void live(const struct input *in)
{
	unsigned int nr;

	if (!in->name[0])
		return;
	nr = life_run(in->data, in->len);
	ksft_test_result(nr, "%s\n", in->name);
}

static void take_line(struct input *in, const char *line)
{
	unsigned int byte;
	int used;

	if (line[0] == '#') {
		live(in);
		*in = (struct input) {};
		sscanf(line, "# %63s", in->name);
		return;
	}
	while (in->len < INPUT_MAX && sscanf(line, " %2x%n", &byte, &used) == 1) {
		in->data[in->len++] = byte;
		line += used;
	}
}

static unsigned int count_inputs(FILE *file)
{
	unsigned int nr = 0;
	char line[256];

	while (fgets(line, sizeof(line), file))
		nr += line[0] == '#';
	rewind(file);
	return nr;
}

int main(int argc, char *argv[])
{
	struct input in = {};
	char line[256];
	FILE *file;

	if (argc != 2) {
		fprintf(stderr, "usage: replay FILE   live the inputs of a corpus again\n");
		return 2;
	}
	file = fopen(argv[1], "r");
	if (!file) {
		perror(argv[1]);
		return 2;
	}
	ksft_print_header();
	if (life_prepare())
		ksft_exit_skip("the emulated platform is not there\n");
	ksft_set_plan(count_inputs(file));
	while (fgets(line, sizeof(line), file))
		take_line(&in, line);
	live(&in);
	fclose(file);
	life_restore();
	ksft_finished();
}
