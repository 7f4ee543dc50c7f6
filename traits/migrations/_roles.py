"""Gives permissions to roles, which are Django groups; for migrations.

Django makes content types and permissions only after all migrations, so these are made here where they are missing;
Django finds them later by the same names. Nothing is ever taken from a group: what operators changed stays.
"""


def grant(apps, app_label, model, roles_of):
    """roles_of: codename of a permission on the model → the roles that get it, made where they are missing."""
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    groups = apps.get_model("auth", "Group").objects
    content_type, _ = content_types.get_or_create(app_label=app_label, model=model)
    for codename, roles in roles_of.items():
        permission, _ = permissions.get_or_create(
            content_type_id=content_type.pk, codename=codename, defaults={"name": codename.replace("_", " ")}
        )
        for role in roles:
            group, _ = groups.get_or_create(name=role)
            group.permissions.add(permission.pk)
