"""The Python example of "Service Integration API Documentation", Example Implementation, as it
is printed there (sync_user_data.py), with nothing supplied but its configuration and logger.

Prints what became of a right and of a wrong call.
"""
import os
import pathlib
import types

import requests

lines = []
config = types.SimpleNamespace(
    SERVICE_KEY=os.environ["SERVICE_KEY"], SERVICE_URL=os.environ["BASE_URL"]
)
logger = types.SimpleNamespace(error=lines.append)
names = {"config": config, "logger": logger, "requests": requests}
source = pathlib.Path(__file__).with_name("sync_user_data.py").read_text(encoding="utf-8")
exec(compile(source, "sync_user_data.py", "exec"), names)  # pylint: disable=exec-used
sync_user_data = names["sync_user_data"]

user = {  # as printed under Sync User Data
    "id": 123,
    "email": "user@example.com",
    "is_active": True,
    "is_email_verified": True,
    "first_name": "John",
    "last_name": "Doe",
    "profile_picture": "url-to-picture",
    "last_sync": "2024-01-01T00:00:00Z",
}
print("right:", sync_user_data(user), "logged:", len(lines))

for name, data, key in (
    ("wrong data", {**user, "email": "no address"}, config.SERVICE_KEY),
    ("wrong key", user, "not-the-key-of-anybody"),
):
    config.SERVICE_KEY = key
    try:
        print(f"{name}: answered", sync_user_data(data))
    except requests.exceptions.HTTPError as problem:
        print(f"{name}: raised", problem.response.status_code, problem.response.json()["error"],
              "logged:", len(lines), lines[-1].startswith("Failed to sync user data: "))
