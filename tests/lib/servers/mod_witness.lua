-- Writes down what the server itself saw of logins and registrations, one line an event.

local path = module:get_option_string("witness_file");

local function witness(what, who)
    local file = assert(io.open(path, "a"));
    file:write(what, " ", who or "-", "\n");
    file:close();
end

module:hook("authentication-failure", function (event)
    witness("rejected", event.condition);
end);
module:hook("authentication-success", function (event)
    witness("accepted", event.session.username);
end);
module:hook("resource-bind", function (event)
    witness("bound", event.session.username);
end);
module:hook("user-registering", function (event)
    witness("registering", event.username);
end);
module:hook("user-registered", function (event)
    witness("registered", event.username);
end);
module:hook("stanza/iq/jabber:iq:register:query", function (event)
    witness("register-" .. event.stanza.attr.type);
end, 100);
-- The rabbit's own pings, for whoever counts wake-ups.
module:hook("iq-get/host/urn:xmpp:ping:ping", function (event)
    witness("ping", event.origin.username);
end, 100);
