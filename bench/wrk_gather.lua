-- wrk_gather.lua — one rotation after another over one connection (-c1); writes the access
-- token of each to a file, a line a token, and stops by itself when there are enough.
-- Arguments after wrk's "--": the first refresh token, the file, how many.
local refresh_token, out, wanted, count = nil, nil, 0, 0

function init(args)
  refresh_token, wanted = args[1], tonumber(args[3])
  out = assert(io.open(args[2], "w"))
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  local body = '{"refresh_token":"' .. (refresh_token or "") .. '"}'
  return wrk.format("POST", "/auth/token/refresh", nil, body)
end

function response(status, _, body)
  if count < wanted then
    assert(status == 200, body)
    refresh_token = body:match('"refresh_token":"([^"]+)"')
    out:write(body:match('"access_token":"([^"]+)"'), "\n")
    out:flush()
    count = count + 1
  end
  if count == wanted then wrk.thread:stop() end
end
