// SPDX-License-Identifier: GPL-2.0
/* What the emulated platforms' firmware shows, see firmware.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "file.h"
#include "firmware.h"
#include "function.h"
#include "platform.h"

#define FILE_MAX (1024 * 1024)

static const char * const state_names[] = EMU_TDI_STATES;

const char *tsm_firmware_state_name(int state)
{
	return state >= 0 && state < (int)ARRAY_SIZE(state_names) ?
	       state_names[state] : "?";
}

/* All of a file. @data is to be freed. Return: its length or -errno */
static ssize_t read_all(const struct tsm_setup *s, const char *name, char **data)
{
	size_t len = 0;
	char path[80];
	ssize_t part;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/tsm_emu.%u/%s",
		 s->fn->platform, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;

	*data = malloc(FILE_MAX + 1);
	if (!*data) {
		close(fd);
		return -ENOMEM;
	}
	while ((part = read(fd, *data + len, FILE_MAX - len)) > 0)
		len += part;
	if (part < 0)
		part = -errno;
	else if (len == FILE_MAX)
		part = -EFBIG;
	close(fd);
	if (part) {
		free(*data);
		return part;
	}
	(*data)[len] = 0;
	return len;
}

static int parse_tdi(const char *line, unsigned int want,
		     struct tsm_firmware_tdi *tdi)
{
	unsigned int rid, id, dma;
	char state[20];

	if (sscanf(line, EMU_TDI_SCAN, &rid, &id, state,
		   &tdi->pages[0], &tdi->pages[1], &dma, &tdi->non_tee) != 7)
		return -EPROTO;
	if (rid != want)
		return -ENOENT;

	tdi->dma = dma;
	for (tdi->state = 0; tdi->state < (int)ARRAY_SIZE(state_names); tdi->state++)
		if (!strcmp(state, state_names[tdi->state]))
			return 0;
	return -EPROTO;
}

int tsm_firmware_tdi(const struct tsm_setup *s, struct tsm_firmware_tdi *tdi)
{
	char *lines, *line, *rest;
	int rc = -ENOENT;
	ssize_t len;

	len = read_all(s, "tdis", &lines);
	if (len < 0)
		return len;
	rest = lines;
	while (rc == -ENOENT && (line = strsep(&rest, "\n")) && *line)
		rc = parse_tdi(line, tsm_host_rid(s->fn), tdi);
	free(lines);
	return rc;
}

int tsm_firmware_secrets(const struct tsm_setup *s,
			 struct emu_sev_secrets *secrets)
{
	int rc = -ENOENT;
	char *records;
	ssize_t len;

	len = read_all(s, "secrets", &records);
	if (len < 0)
		return len;
	for (ssize_t at = 0; rc && at + (ssize_t)sizeof(*secrets) <= len;
	     at += sizeof(*secrets)) {
		memcpy(secrets, records + at, sizeof(*secrets));
		if (le32toh(secrets->tdi_id) == s->virt_id)
			rc = 0;
	}
	explicit_bzero(records, len);
	free(records);
	return rc;
}

/* Offset of the object behind its header, or -1 */
static ssize_t find_object(const char *records, ssize_t len, u32 tdi_id,
			   u32 type, u32 *object_len)
{
	struct emu_object_hdr hdr;

	for (ssize_t at = 0; at + (ssize_t)sizeof(hdr) <= len; at += *object_len) {
		memcpy(&hdr, records + at, sizeof(hdr));
		at += sizeof(hdr);
		*object_len = le32toh(hdr.len);
		if (*object_len > len - at)
			return -1;
		if (le32toh(hdr.tdi_id) == tdi_id && le32toh(hdr.type) == type)
			return at;
	}
	return -1;
}

int tsm_firmware_object(const struct tsm_setup *s, enum emu_object type,
			void **data, u32 *len)
{
	ssize_t at, records_len;
	char *records;

	records_len = read_all(s, "objects", &records);
	if (records_len < 0)
		return records_len;
	at = find_object(records, records_len, s->virt_id, type, len);
	if (at >= 0)
		memmove(records, records + at, *len);
	else
		free(records);
	*data = at >= 0 ? records : NULL;
	return at >= 0 ? 0 : -ENOENT;
}

int tsm_firmware_call(const struct tsm_setup *s, struct emu_module_call *call)
{
	char path[80];
	int fd, rc;

	snprintf(path, sizeof(path), "/sys/kernel/debug/tsm_emu.%u/module",
		 s->fn->platform);
	fd = open(path, O_RDWR);
	if (fd < 0)
		return errno == ENOENT ? -ENODEV : -errno;
	rc = ioctl(fd, 0, call) ? -errno : 0;
	close(fd);
	return rc;
}

/* Return: number of the platform whose TSM speaks it, or -errno */
static int find_platform(const char *proto)
{
	char names[128], *name, *rest = names;
	int rc;

	rc = tsm_file_read(TSM_PLATFORM_PARAMS "/proto", names, sizeof(names));
	if (rc)
		return rc;
	for (int platform = 0; (name = strsep(&rest, ",")); platform++)
		if (!strcmp(name, proto))
			return platform;
	return -ENOENT;
}

int tsm_firmware_find(struct tsm_setup *s, const char *proto, const char *name)
{
	const struct tsm_function *fn = tsm_find_function(name);
	int platform;

	tsm_setup_init(s, fn);
	/* which loads its module */
	if (tsm_find_platform(s))
		return -ENODEV;
	platform = find_platform(proto);
	if (platform >= 0)
		fn = tsm_find_function_of(platform, name);
	if (platform < 0 || !fn)
		return tsm_lack(s, ENODEV, "find a platform that speaks %s (%s/proto)",
				proto, TSM_PLATFORM_PARAMS);
	tsm_setup_init(s, fn);
	return 0;
}
