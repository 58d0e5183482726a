/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a folder of sysfs stands for, for the self-tests' own modules.
 */
#ifndef SELFTESTS_SYSFS_OBJECT_H
#define SELFTESTS_SYSFS_OBJECT_H

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/magic.h>
#include <linux/namei.h>

/* A reference to the object behind the sysfs folder @name */
static inline struct kobject *sysfs_object(const char *name)
{
	struct kobject *kobj = ERR_PTR(-ENOTDIR);
	struct kernfs_node *node;
	struct path path;
	int rc;

	rc = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	if (rc)
		return ERR_PTR(rc);
	if (path.dentry->d_sb->s_magic == SYSFS_MAGIC) {
		node = d_inode(path.dentry)->i_private;
		kobj = kobject_get(node->priv);
	}
	path_put(&path);
	return kobj;
}

#endif /* SELFTESTS_SYSFS_OBJECT_H */
