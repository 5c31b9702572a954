/* SPDX-License-Identifier: GPL-2.0-only */
#include "ext_files.h"

#include <errno.h>
#include <ext2fs/ext2fs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE 65536

struct ext_files {
    ext2_filsys fs;
};

/* --- what libext2fs reads by: a part of a descriptor, as that is all there is ------------------
 */

struct part {
    int disk;
    struct volume volume;
};
static struct part part; /* the library hands a name only */

static struct struct_io_manager manager;

static errcode_t part_open(const char *name, int flags, io_channel *out)
{
    io_channel c;

    (void)name;
    (void)flags;
    if (ext2fs_get_memzero(sizeof(*c), &c))
        return EXT2_ET_NO_MEMORY;
    c->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    c->manager = &manager;
    c->block_size = 1024;
    c->refcount = 1;
    *out = c;
    return 0;
}

static errcode_t part_close(io_channel c)
{
    if (--c->refcount == 0)
        ext2fs_free_mem(&c);
    return 0;
}

static errcode_t part_set_blksize(io_channel c, int size)
{
    c->block_size = size;
    return 0;
}

/* A negative count is one of bytes. */
static errcode_t part_read(io_channel c, unsigned long long block, int count, void *to)
{
    uint64_t size = count < 0 ? -(int64_t)count : (int64_t)count * c->block_size;
    ssize_t got;

    if (block > part.volume.size / c->block_size || size > part.volume.size - block * c->block_size)
        return EXT2_ET_SHORT_READ;
    got = pread(part.disk, to, size, part.volume.start + block * c->block_size);
    return got < 0 ? errno : (uint64_t)got == size ? 0 : EXT2_ET_SHORT_READ;
}

static errcode_t part_read_short(io_channel c, unsigned long block, int count, void *to)
{
    return part_read(c, block, count, to);
}

static errcode_t part_write(io_channel c, unsigned long long block, int count, const void *from)
{
    (void)c;
    (void)block;
    (void)count;
    (void)from;
    return EXT2_ET_RO_FILSYS;
}

static errcode_t part_write_short(io_channel c, unsigned long block, int count, const void *from)
{
    return part_write(c, block, count, from);
}

static errcode_t part_flush(io_channel c)
{
    (void)c;
    return 0;
}

static struct struct_io_manager manager = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "part of a disk",
    .open = part_open,
    .close = part_close,
    .set_blksize = part_set_blksize,
    .read_blk = part_read_short,
    .write_blk = part_write_short,
    .flush = part_flush,
    .read_blk64 = part_read,
    .write_blk64 = part_write,
};

/* --- files -------------------------------------------------------------------------------------
 */

/* The library's errors beside the kernel's are about what stands on the disk. */
static int errno_of(errcode_t err)
{
    if (err == EXT2_ET_FILE_NOT_FOUND)
        return -ENOENT;
    if (err == EXT2_ET_NO_MEMORY)
        return -ENOMEM;
    return err > 0 && err < 4096 ? -(int)err : -EIO;
}

int ext_open(int disk, const struct volume *volume, struct ext_files **out)
{
    struct ext_files *files = calloc(1, sizeof(*files));
    errcode_t err;

    if (!files)
        return -ENOMEM;
    part = (struct part){ disk, *volume };
    err = ext2fs_open("disk", EXT2_FLAG_64BITS, 0, 0, &manager, &files->fs);
    if (err) {
        free(files);
        return err == EXT2_ET_BAD_MAGIC || err == EXT2_ET_SHORT_READ ? -EINVAL : errno_of(err);
    }
    *out = files;
    return 0;
}

void ext_close(struct ext_files *files)
{
    ext2fs_free(files->fs);
    free(files);
}

/* Opens a plain file of at most `limit` bytes. */
static int open_file(struct ext_files *files, const char *path, size_t limit, ext2_file_t *file,
                     uint64_t *size)
{
    struct ext2_inode inode;
    ext2_ino_t number;
    errcode_t err = ext2fs_namei_follow(files->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path, &number);

    if (!err)
        err = ext2fs_read_inode(files->fs, number, &inode);
    if (err)
        return errno_of(err);
    if (!LINUX_S_ISREG(inode.i_mode))
        return -EINVAL;
    *size = EXT2_I_SIZE(&inode);
    if (*size > limit)
        return -EFBIG;
    return (err = ext2fs_file_open2(files->fs, number, &inode, 0, file)) ? errno_of(err) : 0;
}

static int read_piece(ext2_file_t file, void *to, size_t size)
{
    unsigned int got;
    errcode_t err = ext2fs_file_read(file, to, size, &got);

    return err ? errno_of(err) : got == size ? 0 : -EIO;
}

int ext_read(struct ext_files *files, const char *path, size_t limit, char **text, size_t *length)
{
    ext2_file_t file;
    uint64_t size;
    int ret = open_file(files, path, limit, &file, &size);

    if (ret < 0)
        return ret;
    *length = size;
    *text = malloc(size + 1);
    ret = *text ? read_piece(file, *text, size) : -ENOMEM;
    if (ret < 0)
        free(*text);
    else
        (*text)[size] = '\0';
    ext2fs_file_close(file);
    return ret;
}

static int write_all(int to, const char *from, size_t size)
{
    while (size) {
        ssize_t put = write(to, from, size);

        if (put < 0)
            return -errno;
        from += put;
        size -= put;
    }
    return 0;
}

int ext_copy(struct ext_files *files, const char *path, size_t limit, int to)
{
    char *piece = malloc(PIECE);
    ext2_file_t file;
    uint64_t left;
    int ret = piece ? open_file(files, path, limit, &file, &left) : -ENOMEM;

    if (ret < 0)
        goto out;
    while (ret == 0 && left) {
        size_t size = left < PIECE ? left : PIECE;

        ret = read_piece(file, piece, size);
        if (ret == 0)
            ret = write_all(to, piece, size);
        left -= size;
    }
    ext2fs_file_close(file);
out:
    free(piece);
    return ret;
}
