// Makes the roles of mongodb.json and an account of the same name for each, or brings them up to date.
// Run by mongosh as the administrator: by MongoDB's image at its first start, later by hand.
const fs = require("fs");
const roles = JSON.parse(fs.readFileSync("/docker-entrypoint-initdb.d/mongodb.json", "utf8"));
const admin = db.getSiblingDB("admin");
for (const { role, privileges } of roles) {
  const pwd = fs.readFileSync(`/run/secrets/mongodb/${role}`, "utf8").trim();
  const known = admin.getRole(role) !== null;
  admin.runCommand({ [known ? "updateRole" : "createRole"]: role, privileges, roles: [] });
  const exists = admin.getUser(role) !== null;
  admin.runCommand({ [exists ? "updateUser" : "createUser"]: role, pwd, roles: [role] });
  print(`account ${role}: ${exists ? "brought up to date" : "made"}`);
}
