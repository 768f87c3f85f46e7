/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzzer and the replay of its inputs share, see life.c */
#ifndef LIFE_H
#define LIFE_H

#include <stddef.h>
#include <stdint.h>

/* A call: what, and the arguments that it takes, as far as it takes some */
#define CALL_LEN 8
/* Nothing that is found needs more, and each call takes its time */
#define CALLS_MAX 64

/* Bring the functions of all platforms to where lives begin. Return: 0 or -errno */
int life_prepare(void);
/* The resets that it takes away come back, for those that run later */
void life_restore(void);
/* One life, whose last input bytes count only if they are a whole call. Return: its calls */
unsigned int life_run(const uint8_t *data, size_t len);

/* kcov of this thread, on a kernel that has it: on, and what ran since into @counters */
void cover_start(void);
void cover_collect(void);
/* Before the thread ends */
void cover_end(void);
/* How many counters there are, and how many have been hit at all */
size_t cover_hit(void);

#endif
