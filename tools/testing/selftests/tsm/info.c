// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMU_VDEVICE_TSM_INFO: the state of the function, the table of messages with
 * its summary, and each errno. What the tables of the guest protocols have to
 * say is in proto.c.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/map.h"
#include "lib/nomem.h"
#include "lib/test.h"
#include "lib/vdevice.h"

#define MAX_MSGS 64

static_assert(sizeof(struct iommu_vdevice_tsm_info) == 48, "part of the UAPI");

TEST_F(function, state_follows_the_function)
{
	struct tsm_test *t = &self->t;

	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));
	ASSERT_EQ(0, tsm_bind_tdi(&t->s));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(t));
	ASSERT_EQ(0, tsm_unbind_tdi(&t->s));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_CONNECTED, tsm_info_state(t));
	do_step(_metadata, &self->t, tsm_disconnect);
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_NONE, tsm_info_state(t));
}

/* A bound function */
FIXTURE(bound)
{
	struct tsm_test t;
};

FIXTURE_SETUP(bound)
{
	setup_bound(_metadata, &self->t, "pf0", false);
}

FIXTURE_TEARDOWN(bound)
{
	teardown(&self->t);
}

/* Return: number of messages, which no room for them is needed to know */
static u32 read_table(struct __test_metadata *_metadata, struct tsm_test *t,
		      struct iommu_tsm_msg msgs[MAX_MSGS])
{
	struct iommu_vdevice_tsm_info cmd = { .vdevice_id = t->s.vdevice_id };
	u32 nr;

	ASSERT_EQ(0, tsm_info(t, &cmd));
	nr = cmd.num_msgs;
	ASSERT_LT(0, nr);
	ASSERT_GT(MAX_MSGS, nr);

	cmd.num_msgs = MAX_MSGS;
	cmd.msg_len = sizeof(*msgs);
	cmd.msgs_uptr = (uintptr_t)msgs;
	ASSERT_EQ(0, tsm_info(t, &cmd));
	ASSERT_EQ(nr, cmd.num_msgs);
	return nr;
}

TEST_F(bound, summary_of_table)
{
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = self->t.s.vdevice_id,
	};
	u32 scopes = 0, req_max = 0, resp_max = 0, nr;
	struct iommu_tsm_msg msgs[MAX_MSGS];

	nr = read_table(_metadata, &self->t, msgs);
	for (u32 i = 0; i < nr; i++) {
		scopes |= 1 << msgs[i].scope;
		req_max = msgs[i].req_max > req_max ? msgs[i].req_max : req_max;
		resp_max = msgs[i].resp_max > resp_max ? msgs[i].resp_max : resp_max;
	}

	ASSERT_EQ(0, tsm_info(&self->t, &cmd));
	EXPECT_EQ(IOMMU_TSM_TYPE_TDISP, cmd.out_tsm_type);
	EXPECT_EQ(scopes, cmd.out_scopes);
	EXPECT_EQ(req_max, cmd.out_req_len_max);
	EXPECT_EQ(resp_max, cmd.out_resp_len_max);
}

/* As many entries as fit are written, and not a byte more; EMSGSIZE if some don't */
TEST_F(bound, emsgsize_room_for_messages)
{
	struct iommu_tsm_msg all[MAX_MSGS];
	u32 nr = read_table(_metadata, &self->t, all);

	for (u32 room = 1; room <= nr + 1; room++) {
		struct iommu_tsm_msg msgs[MAX_MSGS];
		struct iommu_vdevice_tsm_info cmd = {
			.vdevice_id = self->t.s.vdevice_id,
			.num_msgs = room,
			.msg_len = sizeof(msgs[0]),
			.msgs_uptr = (uintptr_t)msgs,
		};
		size_t written = (room < nr ? room : nr) * sizeof(msgs[0]);
		u8 *bytes = (u8 *)msgs;

		memset(msgs, POISON, sizeof(msgs));
		ASSERT_EQ(room < nr ? -EMSGSIZE : 0, tsm_info(&self->t, &cmd));
		EXPECT_EQ(nr, cmd.num_msgs);
		EXPECT_EQ(0, memcmp(msgs, all, written));
		for (size_t i = written; i < sizeof(msgs); i++)
			ASSERT_EQ(POISON, bytes[i]);
	}
}

/* Of a caller that knows longer entries the rest is cleared, up to a page's end */
TEST_F(bound, longer_messages)
{
	const u32 lens[] = { sizeof(struct iommu_tsm_msg) + 1, 64, 4096 };
	struct iommu_tsm_msg all[MAX_MSGS];
	u32 nr = read_table(_metadata, &self->t, all);

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		size_t size = nr * lens[i];
		u8 *msgs = tsm_map_before_hole(size);
		struct iommu_vdevice_tsm_info cmd = {
			.vdevice_id = self->t.s.vdevice_id,
			.num_msgs = nr,
			.msg_len = lens[i],
			.msgs_uptr = (uintptr_t)msgs,
		};

		ASSERT_NE(NULL, msgs);
		memset(msgs, POISON, size);
		ASSERT_EQ(0, tsm_info(&self->t, &cmd));
		EXPECT_EQ(sizeof(all[0]), cmd.msg_len);
		for (u32 n = 0; n < nr; n++) {
			u8 *msg = msgs + n * lens[i];

			EXPECT_EQ(0, memcmp(msg, &all[n], sizeof(all[n])));
			for (u32 byte = sizeof(all[n]); byte < lens[i]; byte++)
				ASSERT_EQ(0, msg[byte]);
		}
	}
}

TEST_F(bound, einval_message_length)
{
	const u32 lens[] = {
		0, sizeof(struct iommu_tsm_msg) - 1, 4097, UINT32_MAX,
	};
	struct iommu_tsm_msg msgs[MAX_MSGS];

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		struct iommu_vdevice_tsm_info cmd = {
			.vdevice_id = self->t.s.vdevice_id,
			.num_msgs = MAX_MSGS,
			.msg_len = lens[i],
			.msgs_uptr = (uintptr_t)msgs,
		};

		EXPECT_EQ(-EINVAL, tsm_info(&self->t, &cmd));
		EXPECT_EQ(sizeof(msgs[0]), cmd.msg_len);
	}
}

/* The kernel takes no memory for more messages than there are */
TEST_F(bound, huge_room)
{
	struct iommu_tsm_msg msgs[MAX_MSGS];
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = self->t.s.vdevice_id,
		.num_msgs = UINT32_MAX,
		.msg_len = sizeof(msgs[0]),
		.msgs_uptr = (uintptr_t)msgs,
	};
	u32 nr = read_table(_metadata, &self->t, msgs);

	ASSERT_EQ(0, tsm_info(&self->t, &cmd));
	EXPECT_EQ(nr, cmd.num_msgs);
}

TEST_F(bound, eopnotsupp_flags)
{
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = self->t.s.vdevice_id,
		.flags = 1,
	};

	EXPECT_EQ(-EOPNOTSUPP, tsm_info(&self->t, &cmd));
}

TEST_F(bound, enoent_no_vdevice)
{
	struct iommu_vdevice_tsm_info cmd = { .vdevice_id = INT32_MAX };

	EXPECT_EQ(-ENOENT, tsm_info(&self->t, &cmd));
	cmd.vdevice_id = self->t.s.viommu_id;
	EXPECT_EQ(-ENOENT, tsm_info(&self->t, &cmd));
}

/* What does not depend on the messages is there all the same */
TEST_F(bound, efault_messages)
{
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = self->t.s.vdevice_id,
		.num_msgs = 1,
		.msg_len = sizeof(struct iommu_tsm_msg),
	};

	EXPECT_EQ(-EFAULT, tsm_info(&self->t, &cmd));
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, cmd.out_state);
	EXPECT_LT(1, cmd.num_msgs);
}

/* An error is not hidden by a structure that it can't be reported in */
TEST_F(bound, einval_before_copy_back)
{
	struct iommu_vdevice_tsm_info *cmd;
	long page = sysconf(_SC_PAGESIZE);

	cmd = tsm_map_before_hole(page);
	ASSERT_NE(NULL, cmd);
	*cmd = (struct iommu_vdevice_tsm_info) {
		.size = sizeof(*cmd),
		.vdevice_id = self->t.s.vdevice_id,
		.num_msgs = 1,
	};
	ASSERT_EQ(0, mprotect(cmd, page, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->t.s.iommufd, IOMMU_VDEVICE_TSM_INFO, cmd));
	EXPECT_EQ(EINVAL, errno);
}

static int call_info(void *data)
{
	struct iommu_tsm_msg msgs[MAX_MSGS];
	struct tsm_test *t = data;
	struct iommu_vdevice_tsm_info cmd = {
		.vdevice_id = t->s.vdevice_id,
		.num_msgs = MAX_MSGS,
		.msg_len = sizeof(msgs[0]),
		.msgs_uptr = (uintptr_t)msgs,
	};

	return tsm_info(t, &cmd);
}

static void check_still_bound(struct __test_metadata *_metadata,
			      struct tsm_test *t)
{
	EXPECT_EQ(IOMMU_VDEVICE_TSM_STATE_BOUND, tsm_info_state(t));
}

TEST_F(nomem, enomem)
{
	const struct exhaustion e = { call_info, check_still_bound };

	EXPECT_EQ(1, exhaust(_metadata, &self->t, &e));
}

int main(int argc, char **argv)
{
	return run_tests(argc, argv);
}
