/*
 * A disk that is loaded on demand, as a file: MOUNT/disk shows IMAGE, and the first touch of each
 * block of 512 KiB takes LATENCY_US microseconds. MOUNT/stats tells what was touched.
 *
 * Lambda shows a container image to its virtual machine as a block device with ext4 on it, whose
 * blocks of 512 KiB are fetched when they are first read (Brooker et al., "On-demand Container
 * Loading in AWS Lambda", USENIX ATC 2023). A loop device on MOUNT/disk is that device.
 *
 * usage: lazydisk IMAGE LATENCY_US parallel|serial MOUNT [FUSE OPTION]...
 * `parallel` fetches blocks at the same time; `serial` serves one request after the other, as a
 * virtual machine monitor with a synchronous block device would.
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 512 * 1024, DISK = 1, STATS = 2 };
enum { ABSENT, COMING, HERE };

static int image, serial;
static off_t size;
static long latency_us;
static unsigned char *state;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;
static int waves, blocks, coming, most;
static int64_t began, stalled_us;
static FILE *trace;

static int64_t now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Mark what is absent as coming; the number of blocks that this caller has to fetch. */
static int claim(off_t first, off_t last, unsigned char *mine) {
    int claimed = 0;
    for (off_t block = first; block <= last; block++) {
        mine[block - first] = state[block] == ABSENT;
        if (state[block] == ABSENT) {
            state[block] = COMING;
            claimed++;
            if (trace) fprintf(trace, "%lld %lld\n", (long long)now_us(), (long long)block);
        }
    }
    if (claimed) {
        if (coming == 0) {
            waves++;
            began = now_us();
        }
        blocks += claimed;
        coming += claimed;
        if (coming > most) most = coming;
    }
    return claimed;
}

static void fetch(off_t first, off_t last) {
    unsigned char mine[last - first + 1];
    pthread_mutex_lock(&lock);
    int claimed = claim(first, last, mine);
    if (claimed) {
        pthread_mutex_unlock(&lock);
        struct timespec pause = {latency_us / 1000000, latency_us % 1000000 * 1000};
        nanosleep(&pause, NULL);
        pthread_mutex_lock(&lock);
        for (off_t block = first; block <= last; block++)
            if (mine[block - first]) state[block] = HERE;
        coming -= claimed;
        if (coming == 0) stalled_us += now_us() - began;
        pthread_cond_broadcast(&arrived);
    }
    for (off_t block = first; block <= last; block++)
        while (state[block] != HERE) pthread_cond_wait(&arrived, &lock);
    pthread_mutex_unlock(&lock);
}

static int which(const char *path) {
    return !strcmp(path, "/disk") ? DISK : !strcmp(path, "/stats") ? STATS : 0;
}

static int lazy_getattr(const char *path, struct stat *st, struct fuse_file_info *fi) {
    (void)fi;
    memset(st, 0, sizeof *st);
    st->st_nlink = 1;
    if (!strcmp(path, "/")) {
        st->st_mode = S_IFDIR | 0755;
        return 0;
    }
    if (!which(path)) return -ENOENT;
    st->st_mode = S_IFREG | 0444;
    st->st_size = which(path) == DISK ? size : 0;
    return 0;
}

static int lazy_open(const char *path, struct fuse_file_info *fi) {
    fi->fh = which(path);
    /* No page cache in between: each read of the device arrives here. */
    fi->direct_io = 1;
    return 0;
}

static int lazy_read(const char *path, char *buffer, size_t length, off_t offset,
                     struct fuse_file_info *fi) {
    (void)path;
    if (fi->fh == STATS) {
        pthread_mutex_lock(&lock);
        int written = snprintf(buffer, length,
                               "{\"blocks\": %d, \"waves\": %d, \"most\": %d, \"stalled_ms\": %.1f}\n",
                               blocks, waves, most, stalled_us / 1000.0);
        pthread_mutex_unlock(&lock);
        return offset ? 0 : written;
    }
    if (offset >= size) return 0;
    if (offset + (off_t)length > size) length = size - offset;
    if (serial) pthread_mutex_lock(&turn);
    fetch(offset / BLOCK, (offset + length - 1) / BLOCK);
    ssize_t got = pread(image, buffer, length, offset);
    if (serial) pthread_mutex_unlock(&turn);
    return got < 0 ? -errno : (int)got;
}

static void *lazy_init(struct fuse_conn_info *conn, struct fuse_config *config) {
    /* What the kernel has under way at once; its default of 12 would be the narrow place. */
    conn->max_background = 512;
    conn->congestion_threshold = 512;
    config->attr_timeout = config->entry_timeout = 3600;
    return NULL;
}

static const struct fuse_operations operations = {
    .getattr = lazy_getattr, .open = lazy_open, .read = lazy_read, .init = lazy_init};

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: lazydisk IMAGE LATENCY_US parallel|serial MOUNT [OPTION]...\n");
        return 2;
    }
    image = open(argv[1], O_RDONLY);
    struct stat st;
    if (image < 0 || fstat(image, &st)) {
        perror(argv[1]);
        return 1;
    }
    size = st.st_size;
    latency_us = atol(argv[2]);
    serial = !strcmp(argv[3], "serial");
    state = calloc(size / BLOCK + 1, 1);
    if (getenv("LAZYDISK_TRACE")) trace = fopen(getenv("LAZYDISK_TRACE"), "w");
    argv[3] = argv[0];
    return fuse_main(argc - 3, argv + 3, &operations, NULL);
}
