%% Writes down what the server itself saw of logins and registrations, one line an event.
-module(mod_witness).

-export([start/2, stop/1, depends/2, mod_options/1, mod_doc/0]).
-export([on_authenticated/3, on_opened/1, on_packet/2, on_registered/2]).

start(Host, _Options) ->
    ejabberd_hooks:add(c2s_auth_result, Host, ?MODULE, on_authenticated, 50),
    ejabberd_hooks:add(c2s_session_opened, Host, ?MODULE, on_opened, 50),
    ejabberd_hooks:add(c2s_unauthenticated_packet, Host, ?MODULE, on_packet, 10),
    ejabberd_hooks:add(register_user, Host, ?MODULE, on_registered, 50),
    ok.

stop(_Host) -> ok.

depends(_Host, _Options) -> [].

mod_options(_Host) -> [].

mod_doc() -> #{}.

witness(What, Who) ->
    file:write_file(os:getenv("WITNESS_FILE"), [What, " ", Who, "\n"], [append]).

on_authenticated(State, true, User) ->
    witness("accepted", User),
    State;
on_authenticated(State, {false, <<"Invalid username or password">>}, _User) ->
    witness("rejected", "not-authorized"),
    State;
on_authenticated(State, {false, Reason}, _User) ->
    witness("rejected", Reason),
    State.

on_opened(#{user := User} = State) ->
    witness("bound", User),
    State.

on_packet(State, {iq, _Id, Type, _Language, _From, _To, [Payload | _], _Meta}) ->
    case is_registration(Payload) of
        true -> witness(["register-", atom_to_list(Type)], "-");
        false -> ok
    end,
    State;
on_packet(State, _Packet) ->
    State.

is_registration({xmlel, <<"query">>, Attributes, _Children}) ->
    lists:member({<<"xmlns">>, <<"jabber:iq:register">>}, Attributes);
is_registration(Payload) ->
    element(1, Payload) == register.

on_registered(User, _Host) ->
    witness("registered", User).
