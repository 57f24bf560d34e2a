-- wrk_sign_in.lua — the same right password, again and again.
wrk.method = "POST"
wrk.path = "/auth/token"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"username":"admin","password":"a bench needs one user"}'
