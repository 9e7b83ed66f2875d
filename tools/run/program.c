// SPDX-License-Identifier: GPL-2.0
/*
 * The dynamic linker, which preloads, is named in the program; the kernel makes
 * it deaf (AT_SECURE) where a program gets more rights than its caller has. Both
 * happen silently, and so does what happens to programs of another machine.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "program.h"

#define SCRIPTS_MAX	5	/* interpreters of interpreters, as in the kernel */

struct elf {
	ElfW(Ehdr) header;
	char linker[PATH_MAX];	/* "" if it is statically linked */
};

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static bool find_in(const char *dirs, const char *name, char *path, size_t size)
{
	size_t len;

	for (;; dirs += len + 1) {
		len = strcspn(dirs, ":");
		if ((size_t)snprintf(path, size, "%.*s/%s", len ? (int)len : 1, len ? dirs : ".",
				     name) < size && is_program(path))
			return true;
		if (!dirs[len])
			return false;
	}
}

bool program_find(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH");

	if (strchr(name, '/'))
		return (size_t)snprintf(path, size, "%s", name) < size && !access(path, F_OK);
	return *name && find_in(dirs ? dirs : "/bin:/usr/bin", name, path, size);
}

static bool read_at(int fd, void *to, size_t size, uint64_t where)
{
	return pread(fd, to, size, (off_t)where) == (ssize_t)size;
}

static void read_linker(int fd, struct elf *elf)
{
	ElfW(Phdr) part;
	unsigned int i;

	for (i = 0; i < elf->header.e_phnum; i++) {
		if (!read_at(fd, &part, sizeof(part),
			     elf->header.e_phoff + i * (uint64_t)sizeof(part)))
			return;
		if (part.p_type != PT_INTERP || !part.p_filesz ||
		    part.p_filesz > sizeof(elf->linker))
			continue;
		if (!read_at(fd, elf->linker, part.p_filesz, part.p_offset))
			elf->linker[0] = '\0';
		elf->linker[sizeof(elf->linker) - 1] = '\0';
		return;
	}
}

static bool is_same_machine(const struct elf *a, const struct elf *b)
{
	return a->header.e_ident[EI_CLASS] == b->header.e_ident[EI_CLASS] &&
	       a->header.e_ident[EI_DATA] == b->header.e_ident[EI_DATA] &&
	       a->header.e_machine == b->header.e_machine;
}

static void read_self(struct elf *self)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	memset(self, 0, sizeof(*self));
	if (fd < 0 || !read_at(fd, &self->header, sizeof(self->header), 0))
		err(EXIT_FAILED, "/proc/self/exe");
	read_linker(fd, self);
	close(fd);
}

/* Other C libraries have other linkers, and cannot load ours. */
static bool is_same_linker(const struct elf *a, const struct elf *b)
{
	return !strcmp(basename(a->linker), basename(b->linker));
}

static void check_elf(int fd, struct elf *elf, const char *path)
{
	struct elf self;

	read_self(&self);
	if (!is_same_machine(elf, &self))
		errx(EXIT_CANNOT_RUN, "%s: for another kind of machine (32 bits?) than the library that would be preloaded",
		     path);
	read_linker(fd, elf);
	if (!elf->linker[0])
		errx(EXIT_CANNOT_RUN, "%s: statically linked, nothing can be preloaded", path);
	if (!is_same_linker(elf, &self))
		errx(EXIT_CANNOT_RUN, "%s: for another C library (%s)", path, elf->linker);
}

/* Whether the kernel heeds the bits and capabilities of the file. */
static bool gives_rights(int fd)
{
	struct statvfs fs;

	return !fstatvfs(fd, &fs) && !(fs.f_flag & ST_NOSUID) &&
	       !prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
}

static void check_rights(int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st))
		err(EXIT_CANNOT_RUN, "%s", path);
	if (!gives_rights(fd))
		return;
	if (st.st_mode & S_ISUID && st.st_uid != getuid())
		errx(EXIT_CANNOT_RUN, "%s: set-user-ID, nothing can be preloaded", path);
	if (st.st_mode & S_ISGID && st.st_mode & 0010 && st.st_gid != getgid())
		errx(EXIT_CANNOT_RUN, "%s: set-group-ID, nothing can be preloaded", path);
	if (getuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		errx(EXIT_CANNOT_RUN, "%s: has file capabilities, nothing can be preloaded", path);
}

/* The first word behind "#!"; NULL if it is no script. */
static const char *interpreter_of(char *text)
{
	char *word;

	if (strncmp(text, "#!", 2))
		return NULL;
	word = text + 2 + strspn(text + 2, " \t");
	word[strcspn(word, " \t\n")] = '\0';
	return word;
}

/* NULL if it was the program itself, else what runs it, in @text. */
static const char *check_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elf elf = { 0 };
	const char *next = NULL;
	ssize_t len;

	if (fd < 0)
		err(EXIT_CANNOT_RUN, "%s", path);
	len = pread(fd, text, size - 1, 0);
	if (len < 0)
		err(EXIT_CANNOT_RUN, "%s", path);
	text[len] = '\0';
	if (read_at(fd, &elf.header, sizeof(elf.header), 0) &&
	    !memcmp(elf.header.e_ident, ELFMAG, SELFMAG)) {
		check_elf(fd, &elf, path);
		check_rights(fd, path);
	} else {
		next = interpreter_of(text);
		/* What execvp(3) does with it */
		next = next ? next : "/bin/sh";
	}
	close(fd);
	return next;
}

void program_check(const char *path)
{
	char text[2][PATH_MAX];
	int i;

	for (i = 0; i <= SCRIPTS_MAX && path; i++)
		path = check_file(path, text[i % 2], sizeof(text[0]));
	if (path)
		errx(EXIT_CANNOT_RUN, "%s: too many interpreters", path);
}
