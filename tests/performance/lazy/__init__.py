"""What a record (``surefoot seal``) brings where an image is loaded on demand, measured in a model.

The model: Lambda flattens an image into one ext4 file system and shows it to the function's virtual
machine as a block device, whose blocks of 512 KiB are fetched when they are first read (Brooker et
al., "On-demand Container Loading in AWS Lambda", USENIX ATC 2023). So here, too: mke2fs lays the
tree out in the order of its names, small neighbours sharing a block; ``lazydisk`` shows the file
system as one file through FUSE, with a delay for each block's first touch; a loop device on that
file, opened for direct I/O, is mounted read-only and chrooted into. The kernel's page cache,
readahead, folders and inodes are the real ones, cold for each start. What the model leaves out:
blocks that other functions on the same machine have fetched already (most of the base image's,
which makes both sides faster), and how many requests the hypervisor serves at a time, which AWS
does not tell: so a device is measured as well that serves one at a time.

It needs root, a loop device, /dev/fuse, gcc and libfuse3: ``python -m tests.performance.lazy``.
"""
