/* SPDX-License-Identifier: GPL-2.0 */
/* Small files, as proc, sysfs, debugfs and tracefs have them */
#ifndef __SELFTEST_TSM_FILE_H
#define __SELFTEST_TSM_FILE_H

#include <stddef.h>

/* Each returns 0 or -errno */
int tsm_file_write(const char *path, const char *text);
int tsm_file_read(const char *path, char *buf, size_t size);
/* All lines rather than the first, of a file that is read at once */
int tsm_file_lines(const char *path, char *buf, size_t size);
int tsm_file_number(const char *path, unsigned long *value);

/* Mount @type at @path, unless @file is there already. Return: 0 or -errno */
int tsm_file_mount(const char *type, const char *path, const char *file);

#endif /* __SELFTEST_TSM_FILE_H */
