-- wrk_sign_in_many.lua — sign-ins by password of many users in turn, every second password wrong;
-- of one user, the right and the wrong one by turns. Prints how many were answered with each status.
-- Arguments after wrk's "--": how many users, named "password0" and so on.
local users, at = 0, 0
statuses = ""
local counted = {}
local threads = {}

function setup(thread) threads[#threads + 1] = thread end

function init(args)
  users = tonumber(args[1])
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  local user, round = at % users, math.floor(at / users)
  at = at + 1
  local word = (user + round) % 2 == 0 and "a bench needs one user" or "and never had this one"
  return wrk.format("POST", "/auth/token", nil,
    '{"username":"password' .. user .. '","password":"' .. word .. '"}')
end

function response(status)
  counted[status] = (counted[status] or 0) + 1
  local names = {}
  for name in pairs(counted) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do names[i] = name .. "=" .. counted[name] end
  statuses = table.concat(names, " ")
end

function done()
  for _, thread in ipairs(threads) do print("statuses " .. thread:get("statuses")) end
end
