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
#include <linux/slab.h>
#include <linux/string.h>

/*
 * A reference to the object behind a sysfs folder, whose name is written to a
 * parameter; NULL if that is white space alone
 */
static inline struct kobject *sysfs_object(const char *text)
{
	struct kobject *kobj = ERR_PTR(-ENOTDIR);
	struct kernfs_node *node;
	struct path path;
	char *copy, *name;
	int rc;

	copy = kstrdup(text, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	name = strim(copy);
	if (!*name) {
		kfree(copy);
		return NULL;
	}
	rc = kern_path(name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &path);
	kfree(copy);
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
