// SPDX-License-Identifier: GPL-2.0
/*
 * Capabilities, as capabilities(7) names them.
 */
#include <linux/capability.h>
#include <strings.h>
#include "args.h"
#include "capability.h"

const struct name capabilities[] = {
	{ CAP_CHOWN, "chown" },
	{ CAP_DAC_OVERRIDE, "dac_override" },
	{ CAP_DAC_READ_SEARCH, "dac_read_search" },
	{ CAP_FOWNER, "fowner" },
	{ CAP_FSETID, "fsetid" },
	{ CAP_KILL, "kill" },
	{ CAP_SETGID, "setgid" },
	{ CAP_SETUID, "setuid" },
	{ CAP_SETPCAP, "setpcap" },
	{ CAP_LINUX_IMMUTABLE, "linux_immutable" },
	{ CAP_NET_BIND_SERVICE, "net_bind_service" },
	{ CAP_NET_BROADCAST, "net_broadcast" },
	{ CAP_NET_ADMIN, "net_admin" },
	{ CAP_NET_RAW, "net_raw" },
	{ CAP_IPC_LOCK, "ipc_lock" },
	{ CAP_IPC_OWNER, "ipc_owner" },
	{ CAP_SYS_MODULE, "sys_module" },
	{ CAP_SYS_RAWIO, "sys_rawio" },
	{ CAP_SYS_CHROOT, "sys_chroot" },
	{ CAP_SYS_PTRACE, "sys_ptrace" },
	{ CAP_SYS_PACCT, "sys_pacct" },
	{ CAP_SYS_ADMIN, "sys_admin" },
	{ CAP_SYS_BOOT, "sys_boot" },
	{ CAP_SYS_NICE, "sys_nice" },
	{ CAP_SYS_RESOURCE, "sys_resource" },
	{ CAP_SYS_TIME, "sys_time" },
	{ CAP_SYS_TTY_CONFIG, "sys_tty_config" },
	{ CAP_MKNOD, "mknod" },
	{ CAP_LEASE, "lease" },
	{ CAP_AUDIT_WRITE, "audit_write" },
	{ CAP_AUDIT_CONTROL, "audit_control" },
	{ CAP_SETFCAP, "setfcap" },
	{ CAP_MAC_OVERRIDE, "mac_override" },
	{ CAP_MAC_ADMIN, "mac_admin" },
	{ CAP_SYSLOG, "syslog" },
	{ CAP_WAKE_ALARM, "wake_alarm" },
	{ CAP_BLOCK_SUSPEND, "block_suspend" },
	{ CAP_AUDIT_READ, "audit_read" },
	{ CAP_PERFMON, "perfmon" },
	{ CAP_BPF, "bpf" },
	{ CAP_CHECKPOINT_RESTORE, "checkpoint_restore" },
	{ 0, NULL }
};

/* Of a number the kernel says whether there is such a capability. */
uint32_t parse_capability(const char *word)
{
	const char *name = word + (strncasecmp(word, "cap_", 4) ? 0 : 4);
	const struct name *c;

	if (word[0] >= '0' && word[0] <= '9')
		return parse_u32(word);
	for (c = capabilities; c->name; c++)
		if (!strcasecmp(name, c->name))
			return c->value;
	wrong(word, "no capability; write net_admin, cap_net_admin or 12");
}
