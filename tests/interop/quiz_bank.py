"""The report's own access to its questions, in MongoDB: what database.py and questionDAO.py do there.

Usage: quiz_bank.py URL reset FILE | read ID | create QUESTION | user NAME PASSWORD
`reset` replaces all questions by those of a JSON file, `read` prints one as JSON, `create` adds one
that is given as JSON, and `user` makes an administrator. It needs pymongo.
"""

import json
import sys

import pymongo

url, act, *arguments = sys.argv[1:]
client = pymongo.MongoClient(url, serverSelectionTimeoutMS=5000)
database = client["C115-Trabalho1"]
collection = database["Questions"]
if act == "reset":
    with open(arguments[0], encoding="utf8") as file:
        dataset = json.load(file)
    database.drop_collection(collection)
    collection.insert_many(dataset)
elif act == "read":
    print(json.dumps(collection.find_one({"_id": int(arguments[0])})))
elif act == "create":
    collection.insert_one(json.loads(arguments[0]))
elif act == "user":
    name, password = arguments
    client.admin.command("createUser", name, pwd=password, roles=["root"])
