// SPDX-License-Identifier: GPL-2.0
/* Small files of the kernel, see file.h */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "file.h"

int tsm_file_write(const char *path, const char *text)
{
	int fd, rc = 0;

	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int tsm_file_lines(const char *path, char *buf, size_t size)
{
	ssize_t len;
	int fd, rc;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	rc = len < 0 ? -errno : 0;
	close(fd);
	if (!rc)
		buf[len] = 0;
	return rc;
}

int tsm_file_read(const char *path, char *buf, size_t size)
{
	int rc = tsm_file_lines(path, buf, size);

	if (!rc)
		buf[strcspn(buf, "\n")] = 0;
	return rc;
}

int tsm_file_number(const char *path, unsigned long *value)
{
	char buf[32], *end;
	int rc;

	rc = tsm_file_read(path, buf, sizeof(buf));
	if (rc)
		return rc;
	*value = strtoul(buf, &end, 0);
	return end == buf || *end ? -EINVAL : 0;
}

int tsm_file_mount(const char *type, const char *path, const char *file)
{
	if (!access(file, F_OK))
		return 0;
	if (mount(type, path, type, 0, NULL))
		return -errno;
	return access(file, F_OK) ? -errno : 0;
}
