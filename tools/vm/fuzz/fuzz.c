// SPDX-License-Identifier: GPL-2.0
/* libFuzzer's side: lives from what it finds, by calls that it adds, takes away and changes */
#include <glob.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/file.h"
#include "life.h"

/* The host's memory (QEMU's ivshmem-plain), where an input outlasts the kernel that it broke */
#define IVSHMEM "0x1110"
#define IVSHMEM_SIZE (1UL << 20)
#define PCI_IDS "/sys/bus/pci/devices/0000:*/device"

static struct record {
	/* set by the host: the time is over, which here runs faster than there */
	uint32_t stop;
	uint32_t len;
	uint8_t data[];
} *record;

static unsigned long nr_calls, nr_lives;

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void print_figures(void)
{
	printf("figures: %lu lives, %lu calls, %zu edges\n", nr_lives, nr_calls, cover_hit());
	fflush(stdout);
}

static void map_bar(const char *id_path)
{
	int fd, len = strlen(id_path) - strlen("device");
	char path[256];
	void *map;

	snprintf(path, sizeof(path), "%.*sresource2", len, id_path);
	fd = open(path, O_RDWR);
	if (fd < 0)
		return;
	map = mmap(NULL, IVSHMEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		record = map;
	close(fd);
}

static void open_record(void)
{
	char id[16] = "";
	glob_t found;

	if (glob(PCI_IDS, 0, NULL, &found))
		return;
	for (size_t i = 0; !record && i < found.gl_pathc; i++)
		if (!tsm_file_read(found.gl_pathv[i], id, sizeof(id)) &&
		    !strncmp(id, IVSHMEM, strlen(IVSHMEM)))
			map_bar(found.gl_pathv[i]);
	globfree(&found);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (life_prepare())
		exit(1);
	open_record();
	if (!record)
		fprintf(stderr, "there is no ivshmem: what breaks the kernel is lost, and no end\n");
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (record && __atomic_load_n(&record->stop, __ATOMIC_RELAXED)) {
		print_figures();
		_exit(0);
	}
	if (record && len < IVSHMEM_SIZE - sizeof(*record)) {
		memcpy(record->data, data, len);
		record->len = len;
	}
	nr_lives++;
	nr_calls += life_run(data, len);
	return 0;
}

/* Calls are moved as a whole, so that those behind keep their meaning */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t max, unsigned int seed)
{
	size_t nr = len ? (len - 1) / CALL_LEN : 0, at, from;
	uint8_t call[CALL_LEN];

	srand(seed);
	if (!nr || rand() % 8 == 0)
		return LLVMFuzzerMutate(data, len, max);
	at = 1 + rand() % nr * CALL_LEN;
	from = 1 + rand() % nr * CALL_LEN;
	switch (rand() % 4) {
	case 0:
		LLVMFuzzerMutate(data + at, CALL_LEN, CALL_LEN);
		return len;
	case 1:
		memmove(data + at, data + at + CALL_LEN, len - at - CALL_LEN);
		return len - CALL_LEN;
	case 2:
		data[at] ^= 0x80;
		return len;
	default:
		if (len + CALL_LEN > max)
			return len;
		memcpy(call, data + from, CALL_LEN);
		memmove(data + at + CALL_LEN, data + at, len - at);
		memcpy(data + at, call, CALL_LEN);
		return len + CALL_LEN;
	}
}
