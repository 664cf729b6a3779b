/* Stands before fsync and fdatasync: after arm(n) the n-th call fails with EIO, and so do `many` of those after it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>

static int left = -1, many = 0, seen = 0;

void arm(int n, int how_many) { left = n; many = how_many; seen = 0; }
int calls(void) { return seen; }

static int fails(void) {
  seen++;
  if (left < 0 || --left > 0) return 0;
  if (many-- > 0) { left = 0; errno = EIO; return 1; }
  left = -1;
  return 0;
}

int fsync(int fd) {
  static int (*real)(int);
  if (fails()) return -1;
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (fails()) return -1;
  if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return real(fd);
}
