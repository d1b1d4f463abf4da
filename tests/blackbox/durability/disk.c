/* Stands between a process and its disk, by LD_PRELOAD: writes down what is written to the files of a data directory and
 * when it is synced, and fails calls when it is told to. The test's side of it is disk.rs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITE = 1, SYNC = 2, TRUNCATE = 3 };

/* Shared with the test. */
struct orders {
    int32_t call;      /* which calls fail, 0 for none */
    int32_t file;      /* on which file, -1 for any */
    int32_t error;     /* with which error; -1: the process is killed in place of the call */
    int32_t countdown; /* how many succeed before */
    int32_t is_for_good;
    int32_t is_full;   /* whatever makes a file longer fails with ENOSPC */
    int32_t failed;    /* how many have */
};

struct record {
    uint32_t call, file;
    int64_t offset, length;
};

static const char *const files[] = {"/bowline.db", "/bowline.db-wal", "/audit.head"};
static const char *directory;
static volatile struct orders *orders;
static int journal = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);

__attribute__((constructor)) static void begin(void) {
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    directory = getenv("DISK_DIRECTORY");
    const char *path = getenv("DISK_ORDERS");
    if (path != NULL) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        void *shared = mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (fd < 0 || shared == MAP_FAILED) abort();
        close(fd);
        orders = shared;
    }
    path = getenv("DISK_JOURNAL");
    if (path != NULL) {
        journal = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (journal < 0) abort();
    }
}

/* The number of a file that is watched, or -1. */
static int watched(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || directory == NULL) return -1;
    path[length] = 0;
    size_t head = strlen(directory);
    if (strncmp(path, directory, head) != 0) return -1;
    for (int n = 0; n < 3; n++)
        if (strcmp(path + head, files[n]) == 0) return n;
    return -1;
}

static int must_fail(int call, int file) {
    if (orders == NULL || orders->call != call || (orders->file >= 0 && orders->file != file)) return 0;
    if (orders->countdown > 0) {
        orders->countdown--;
        return 0;
    }
    if (!orders->is_for_good) orders->call = 0;
    orders->failed++;
    if (orders->error == -1) kill(getpid(), SIGKILL);
    errno = orders->error;
    return 1;
}

static void all_of(const void *data, size_t length) {
    const char *at = data;
    while (length > 0) {
        ssize_t written = write(journal, at, length);
        if (written <= 0) abort();
        at += written;
        length -= (size_t)written;
    }
}

static void note(int call, int file, int64_t offset, int64_t length, const void *data) {
    if (journal < 0) return;
    struct record record = {(uint32_t)call, (uint32_t)file, offset, length};
    int before = errno;
    all_of(&record, sizeof record);
    if (data != NULL) all_of(data, (size_t)length);
    errno = before;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) {
    int file = watched(fd);
    if (file < 0) return real_pwrite(fd, data, length, offset);
    pthread_mutex_lock(&one_at_a_time);
    ssize_t written = -1;
    struct stat now;
    if (orders != NULL && orders->is_full && fstat(fd, &now) == 0 && offset + (off_t)length > now.st_size) {
        orders->failed++;
        errno = ENOSPC;
    } else if (!must_fail(WRITE, file)) {
        written = real_pwrite(fd, data, length, offset);
        if (written > 0) note(WRITE, file, offset, written, data);
    }
    pthread_mutex_unlock(&one_at_a_time);
    return written;
}

static int synced(int fd, int (*real)(int)) {
    int file = watched(fd);
    if (file < 0) return real(fd);
    pthread_mutex_lock(&one_at_a_time);
    int done = must_fail(SYNC, file) ? -1 : real(fd);
    if (done == 0) note(SYNC, file, 0, 0, NULL);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int ftruncate64(int fd, off_t length) {
    int file = watched(fd);
    if (file < 0) return real_ftruncate(fd, length);
    pthread_mutex_lock(&one_at_a_time);
    int done = must_fail(TRUNCATE, file) ? -1 : real_ftruncate(fd, length);
    if (done == 0) note(TRUNCATE, file, length, 0, NULL);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}
