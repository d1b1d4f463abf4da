-- What is sealed under a key older than the database's own comes in no more: the own one is the key that
-- installation.seal_check is sealed under, and a rotation raises it. Bytes 2 to 5 of everything sealed are the key's number,
-- most significant first, so that numbers compare as bytes do. What stays as it is in an update is not looked at: a rotation
-- comes to it in its time.

CREATE TRIGGER installation_keys_go_up
BEFORE UPDATE OF seal_check ON installation
WHEN substr(NEW.seal_check, 2, 4) < substr(OLD.seal_check, 2, 4)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER oauth_clients_take_no_retired_key
BEFORE INSERT ON oauth_clients
WHEN substr(NEW.secret_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.private_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER oauth_clients_take_no_retired_key_later
BEFORE UPDATE OF secret_sealed, private_key_sealed ON oauth_clients
WHEN (NEW.secret_sealed IS NOT OLD.secret_sealed
      AND substr(NEW.secret_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.private_key_sealed IS NOT OLD.private_key_sealed
      AND substr(NEW.private_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER oauth_tokens_take_no_retired_key
BEFORE INSERT ON oauth_tokens
WHEN substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
  OR substr(NEW.ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER oauth_tokens_take_no_retired_key_later
BEFORE UPDATE OF token_sealed, ssh_key_sealed ON oauth_tokens
WHEN (NEW.token_sealed IS NOT OLD.token_sealed
      AND substr(NEW.token_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
  OR (NEW.ssh_key_sealed IS NOT OLD.ssh_key_sealed
      AND substr(NEW.ssh_key_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation))
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER ssh_keys_take_no_retired_key
BEFORE INSERT ON ssh_keys
WHEN substr(NEW.value_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;

CREATE TRIGGER ssh_keys_take_no_retired_key_later
BEFORE UPDATE OF value_sealed ON ssh_keys
WHEN NEW.value_sealed IS NOT OLD.value_sealed
  AND substr(NEW.value_sealed, 2, 4) < (SELECT substr(seal_check, 2, 4) FROM installation)
BEGIN
  SELECT RAISE(ABORT, 'sealed under a retired key');
END;
