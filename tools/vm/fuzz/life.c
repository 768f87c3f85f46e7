// SPDX-License-Identifier: GPL-2.0
/*
 * One input is a life: of VMs, functions and iommufds, from their files' opening to
 * their close. It is a list of calls of CALL_LEN bytes, in any order, with good and bad
 * arguments; the first byte of the input is the firmware. Two calls can be made at the
 * same time. What the host is told by sysfs is undone at the end, so that each life
 * begins alike.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/kvm.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include "lib/file.h"
#include "lib/proto.h"
#include "life.h"

#define NR_VMS 2
#define NR_FUNCTIONS 3
#define VF 2
/* Of each kind so many are known, older ones can only be destroyed by chance */
#define NR_IDS 4

enum kind { IOAS, HWPT, VIOMMU, VDEVICE, NR_KINDS };

struct world {
	const struct proto *proto;
	unsigned int platform;
	struct tsm_setup fn[NR_FUNCTIONS];
	int kvm;
	int vm[NR_VMS];
	int kvm_vfio[NR_VMS];
	int iommufd[NR_VMS];
	u32 id[NR_KINDS][NR_IDS];
	unsigned int nr_ids[NR_KINDS];
	bool host_changed;
};

/* The platforms that speak the protocols, as tsm-emu sets them up by itself */
static const struct { unsigned int platform; enum proto_nr proto; } firmwares[] = {
	{ 0, PROTO_tdisp }, { 2, PROTO_sev_tio }, { 3, PROTO_cca }, { 4, PROTO_tdx },
};

static const char * const names[NR_FUNCTIONS] = { "pf0", "fn1", "vf" };

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int iommufd_of(struct world *w, u8 nr)
{
	return w->iommufd[nr % NR_VMS];
}

static struct tsm_setup *function_of(struct world *w, u8 nr)
{
	return &w->fn[nr % NR_FUNCTIONS];
}

static void keep_id(struct world *w, enum kind kind, u32 id)
{
	w->id[kind][w->nr_ids[kind]++ % NR_IDS] = id;
}

/* The last ones, or any number */
static u32 id_of(struct world *w, enum kind kind, u8 nr)
{
	if (nr >= 0xf0)
		return nr - 0xf0;
	return w->id[kind][(w->nr_ids[kind] - 1 - nr) % NR_IDS];
}

/* Each takes the bytes of its call behind the first */

static void open_iommufd(struct world *w, const u8 *a)
{
	int *fd = &w->iommufd[a[0] % NR_VMS];

	close_file(fd);
	*fd = open("/dev/iommu", O_RDWR);
}

static void close_iommufd(struct world *w, const u8 *a)
{
	close_file(&w->iommufd[a[0] % NR_VMS]);
}

static void create_vm(struct world *w, const u8 *a)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };
	unsigned int nr = a[0] % NR_VMS;

	close_file(&w->kvm_vfio[nr]);
	close_file(&w->vm[nr]);
	w->vm[nr] = ioctl(w->kvm, KVM_CREATE_VM, 0);
	if (!ioctl(w->vm[nr], KVM_CREATE_DEVICE, &create))
		w->kvm_vfio[nr] = create.fd;
}

static void close_vm(struct world *w, const u8 *a)
{
	close_file(&w->vm[a[0] % NR_VMS]);
}

static void close_kvm_vfio(struct world *w, const u8 *a)
{
	close_file(&w->kvm_vfio[a[0] % NR_VMS]);
}

static void open_device(struct world *w, const u8 *a)
{
	struct tsm_setup *s = function_of(w, a[0]);

	close_file(&s->cdev);
	tsm_open_device(s);
}

static void close_device(struct world *w, const u8 *a)
{
	close_file(&function_of(w, a[0])->cdev);
}

static void set_file(struct world *w, const u8 *a, u64 what)
{
	const struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_FILE,
		.attr = what,
		.addr = (unsigned long)&function_of(w, a[0])->cdev,
	};

	ioctl(w->kvm_vfio[a[1] % NR_VMS], KVM_SET_DEVICE_ATTR, &attr);
}

static void add_file(struct world *w, const u8 *a)
{
	set_file(w, a, KVM_DEV_VFIO_FILE_ADD);
}

static void del_file(struct world *w, const u8 *a)
{
	set_file(w, a, KVM_DEV_VFIO_FILE_DEL);
}

static void bind_iommufd(struct world *w, const u8 *a)
{
	struct tsm_setup *s = function_of(w, a[0]);
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind),
		.iommufd = iommufd_of(w, a[1]),
	};

	if (!ioctl(s->cdev, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		s->dev_id = bind.out_devid;
}

static void alloc_ioas(struct world *w, const u8 *a)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };

	if (!ioctl(iommufd_of(w, a[0]), IOMMU_IOAS_ALLOC, &ioas))
		keep_id(w, IOAS, ioas.out_ioas_id);
}

static void alloc_hwpt(struct world *w, const u8 *a)
{
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt),
		.flags = a[2] & 1 ? 0 : IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = function_of(w, a[1])->dev_id,
		.pt_id = a[3] & 1 ? id_of(w, VIOMMU, a[4]) : id_of(w, IOAS, a[4]),
	};

	if (!ioctl(iommufd_of(w, a[0]), IOMMU_HWPT_ALLOC, &hwpt))
		keep_id(w, HWPT, hwpt.out_hwpt_id);
}

static void attach(struct world *w, const u8 *a)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = a[1] & 1 ? id_of(w, IOAS, a[2]) : id_of(w, HWPT, a[2]),
	};

	ioctl(function_of(w, a[0])->cdev, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
}

static void detach(struct world *w, const u8 *a)
{
	struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	ioctl(function_of(w, a[0])->cdev, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
}

static void alloc_viommu(struct world *w, const u8 *a)
{
	static const u32 types[] = {
		IOMMU_VIOMMU_TYPE_TSM, TSM_EMU_VIOMMU_TYPE, TSM_EMU_VIOMMU_TYPE_NO_TDI, 0,
	};
	struct iommu_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.flags = a[3] >= 0xf0 ? a[3] : 0,
		.type = types[a[2] % ARRAY_SIZE(types)],
		.dev_id = function_of(w, a[1])->dev_id,
	};

	if (a[2] % ARRAY_SIZE(types) || a[4] & 1)
		viommu.hwpt_id = id_of(w, HWPT, a[5]);
	if (!ioctl(iommufd_of(w, a[0]), IOMMU_VIOMMU_ALLOC, &viommu))
		keep_id(w, VIOMMU, viommu.out_viommu_id);
}

static void alloc_vdevice(struct world *w, const u8 *a)
{
	struct iommu_vdevice_alloc vdevice = {
		.size = sizeof(vdevice),
		.viommu_id = id_of(w, VIOMMU, a[2]),
		.dev_id = function_of(w, a[1])->dev_id,
		.virt_id = w->proto->vector_rid + (a[3] & 3),
	};

	if (a[3] >= 0xf0)
		vdevice.virt_id = 1ULL << (a[3] - 0xf0) * 4;
	if (!ioctl(iommufd_of(w, a[0]), IOMMU_VDEVICE_ALLOC, &vdevice))
		keep_id(w, VDEVICE, vdevice.out_vdevice_id);
}

static void destroy(struct world *w, const u8 *a)
{
	struct iommu_destroy destroy = {
		.size = sizeof(destroy),
		.id = id_of(w, a[1] % NR_KINDS, a[2]),
	};

	ioctl(iommufd_of(w, a[0]), IOMMU_DESTROY, &destroy);
}

static void tsm_op_call(struct world *w, const u8 *a)
{
	struct iommu_vdevice_tsm_op op = {
		.size = sizeof(op),
		.type = a[2] >= 0xf0 ? a[2] : a[2] & 1 ? IOMMU_VDEVICE_TSM_UNBIND : IOMMU_VDEVICE_TSM_BIND,
		.flags = a[3] >= 0xf0 ? a[3] : 0,
		.vdevice_id = id_of(w, VDEVICE, a[1]),
	};

	ioctl(iommufd_of(w, a[0]), IOMMU_VDEVICE_TSM_OP, &op);
}

static void ask_info(struct world *w, const u8 *a)
{
	struct iommu_tsm_msg msgs[PROTO_MSGS_MAX];
	struct iommu_vdevice_tsm_info info = {
		.size = sizeof(info),
		.vdevice_id = id_of(w, VDEVICE, a[1]),
		.num_msgs = a[2] % (PROTO_MSGS_MAX + 1),
		.msg_len = a[3] >= 0xf0 ? a[3] - 0xf0U : sizeof(msgs[0]),
		.msgs_uptr = a[4] >= 0xf0 ? a[4] : (unsigned long)msgs,
	};

	ioctl(iommufd_of(w, a[0]), IOMMU_VDEVICE_TSM_INFO, &info);
}

/* A published message with one byte changed, or not, and with too much or too little of it */
static u32 make_request(const struct world *w, const u8 *a, u8 req[TSM_VECTOR_MAX])
{
	const struct tsm_vector *v = &w->proto->vectors[a[2] % w->proto->nr_vectors];
	u8 any[TSM_VECTOR_MAX];
	u32 len = v->len;

	memset(req, 0, TSM_VECTOR_MAX);
	if (!v->req || len > TSM_VECTOR_MAX || !tsm_vector_parse(v->req, req, any, len))
		len = 16;
	if (a[3])
		req[a[4] % TSM_VECTOR_MAX] ^= a[3];
	if (a[5] >= 0xf0)
		len += a[5] - 0xf8;
	return len;
}

static void send_request(struct world *w, const u8 *a)
{
	static const u32 rooms[] = { 0, 16, 256, 4096, PROTO_RESP_MAX };
	static u8 resp[2][PROTO_RESP_MAX];
	u8 req[TSM_VECTOR_MAX];
	struct iommu_vdevice_tsm_guest_request cmd = {
		.size = sizeof(cmd),
		.vdevice_id = id_of(w, VDEVICE, a[0] >> 4),
		.scope = a[1] >= 0xf0 ? a[1] : a[1] % 5,
		.tsm_type = w->proto->type + (a[1] & 8 ? 1 : 0),
		.req_uptr = (unsigned long)req,
		.resp_uptr = (unsigned long)resp[a[0] & 1],
		.resp_len = rooms[a[6] % ARRAY_SIZE(rooms)],
	};

	cmd.req_len = make_request(w, a, req);
	ioctl(iommufd_of(w, a[0]), IOMMU_VDEVICE_TSM_GUEST_REQUEST, &cmd);
}

static void reset_device(struct world *w, const u8 *a)
{
	ioctl(function_of(w, a[0])->cdev, VFIO_DEVICE_RESET);
}

static void write_config(struct world *w, const u8 *a)
{
	u64 offset = (u64)VFIO_PCI_CONFIG_REGION_INDEX << 40 | a[1];
	u8 value[4] = { a[2], a[3], a[4], a[5] };
	u32 len = 1 << (a[6] % 3);

	if (pwrite(function_of(w, a[0])->cdev, value, len, offset) == len)
		pread(function_of(w, a[0])->cdev, value, len, offset);
}

static void set_power(struct world *w, const u8 *a)
{
	struct vfio_device_feature feature = {
		.argsz = sizeof(feature),
		.flags = VFIO_DEVICE_FEATURE_SET | (a[1] & 1 ? VFIO_DEVICE_FEATURE_LOW_POWER_EXIT :
							   VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY),
	};

	ioctl(function_of(w, a[0])->cdev, VFIO_DEVICE_FEATURE, &feature);
}

/* The host, by files in sysfs */

static void write_host(struct world *w, u8 fn, const char *file, const char *text)
{
	const struct tsm_function *f = function_of(w, fn)->fn;
	char path[PATH_MAX];

	w->host_changed = true;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", f->dsm, file);
	tsm_file_write(path, text);
}

static void connect_dsm(struct world *w, const u8 *a)
{
	write_host(w, a[0], "tsm/connect", w->fn[0].tsm);
}

static void disconnect_dsm(struct world *w, const u8 *a)
{
	write_host(w, a[0], "tsm/disconnect", w->fn[0].tsm);
}

/* A VF goes only when nobody has it open, for which the one who waits must not be the one */
static void set_vfs(struct world *w, const u8 *a)
{
	char text[2] = { '0' + (a[0] & 1), 0 };

	for (unsigned int i = 0; i < NR_VMS; i++)
		close_file(&w->kvm_vfio[i]);
	close_file(&w->fn[VF].cdev);
	write_host(w, VF, "sriov_numvfs", text);
}

static void reset_host(struct world *w, const u8 *a)
{
	write_host(w, a[0], a[1] & 1 ? "reset" : "reset_subordinate", "1");
}

static void (* const calls[])(struct world *w, const u8 *a) = {
	open_iommufd, create_vm, open_device, add_file, bind_iommufd, alloc_ioas, alloc_hwpt,
	attach, alloc_viommu, alloc_vdevice, tsm_op_call, send_request, ask_info, destroy,
	reset_device, write_config, set_power, detach, del_file, close_device, close_iommufd,
	close_kvm_vfio, close_vm, connect_dsm, disconnect_dsm, set_vfs, reset_host,
};

/* This bit of its first byte: at the same time as the next call */
#define BESIDE 0x80

struct other {
	struct world *w;
	const u8 *call;
};

static void make_call(struct world *w, const u8 *call)
{
	cover_start();
	calls[(call[0] & ~BESIDE) % ARRAY_SIZE(calls)](w, call + 1);
	cover_collect();
}

static void *make_other_call(void *data)
{
	const struct other *other = data;

	make_call(other->w, other->call);
	cover_end();
	return NULL;
}

/* See set_vfs() */
static bool is_alone(const u8 *call)
{
	return calls[(call[0] & ~BESIDE) % ARRAY_SIZE(calls)] == set_vfs;
}

static void make_both(struct world *w, const u8 *call)
{
	struct other other = { w, call };
	pthread_t thread;

	if (pthread_create(&thread, NULL, make_other_call, &other))
		return;
	make_call(w, call + CALL_LEN);
	pthread_join(thread, NULL);
}

static void begin(struct world *w, u8 firmware)
{
	unsigned int nr = firmware % ARRAY_SIZE(firmwares);

	*w = (struct world) {
		.proto = protos[firmwares[nr].proto],
		.platform = firmwares[nr].platform,
	};
	w->kvm = open("/dev/kvm", O_RDWR);
	for (unsigned int i = 0; i < NR_VMS; i++) {
		w->vm[i] = -1;
		w->kvm_vfio[i] = -1;
		w->iommufd[i] = -1;
	}
	for (unsigned int i = 0; i < NR_FUNCTIONS; i++) {
		tsm_setup_init(&w->fn[i], tsm_find_function_of(w->platform, names[i]));
		tsm_find_tsm(&w->fn[i], w->platform);
	}
}

/* Whatever is still open, in the order in which the kernel closes what a VMM had */
static void end(struct world *w)
{
	for (unsigned int i = 0; i < NR_VMS; i++)
		close_file(&w->kvm_vfio[i]);
	for (unsigned int i = 0; i < NR_FUNCTIONS; i++)
		close_file(&w->fn[i].cdev);
	for (unsigned int i = 0; i < NR_VMS; i++) {
		close_file(&w->iommufd[i]);
		close_file(&w->vm[i]);
	}
	close_file(&w->kvm);
	for (unsigned int i = 0; w->host_changed && i < NR_FUNCTIONS; i++)
		tsm_prepare_host(&w->fn[i]);
}

unsigned int life_run(const u8 *data, size_t len)
{
	struct world w;
	unsigned int nr;

	if (!len)
		return 0;
	begin(&w, data[0]);
	nr = (len - 1) / CALL_LEN;
	if (nr > CALLS_MAX)
		nr = CALLS_MAX;
	for (unsigned int i = 0; i < nr; i++) {
		const u8 *call = &data[1 + i * CALL_LEN];

		if (call[0] & BESIDE && i + 1 < nr && !is_alone(call) &&
		    !is_alone(call + CALL_LEN)) {
			make_both(&w, call);
			i++;
		} else {
			make_call(&w, call);
		}
	}
	end(&w);
	return nr;
}

/*
 * FLR takes 100 ms, at each open and close of a function. Two of the three go without, so
 * that a life takes a tenth of that.
 */
static int prepare(struct tsm_setup *s)
{
	char path[PATH_MAX];
	int rc = tsm_prepare_host(s);

	if (rc || s->fn->is_vf)
		return rc;
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/reset_method", s->fn->bdf);
	return tsm_file_write(path, "\n");
}

void life_restore(void)
{
	char path[PATH_MAX];

	for (size_t nr = 0; nr < ARRAY_SIZE(firmwares); nr++) {
		for (unsigned int i = 0; i < VF; i++) {
			snprintf(path, sizeof(path), PCI_DEVICES "/%s/reset_method",
				 tsm_find_function_of(firmwares[nr].platform, names[i])->bdf);
			tsm_file_write(path, "default");
		}
	}
}

int life_prepare(void)
{
	struct tsm_setup s;

	for (size_t nr = 0; nr < ARRAY_SIZE(firmwares); nr++) {
		for (unsigned int i = 0; i < NR_FUNCTIONS; i++) {
			tsm_setup_init(&s, tsm_find_function_of(firmwares[nr].platform, names[i]));
			if (prepare(&s)) {
				fprintf(stderr, "%s: could not %s\n", s.fn->bdf, s.error);
				return -ENODEV;
			}
		}
	}
	return 0;
}
