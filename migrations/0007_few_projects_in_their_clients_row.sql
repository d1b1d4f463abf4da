-- The ids of a client's projects are part of the client's row while they are few, so that whoever reads a client reads
-- one row, wherever in the file it is. oauth_client_projects is what holds; triggers keep the copy. However many projects
-- a client has, to attach or detach one costs the same.

-- In the order of the projects, with spaces between; null while they are more than eight.
ALTER TABLE oauth_clients ADD COLUMN few_project_ids TEXT DEFAULT '';

-- What the copy is to be.
CREATE VIEW few_projects_of_oauth_clients AS
SELECT number AS oauth_client,
       (SELECT CASE WHEN count(*) <= 8 THEN coalesce(group_concat(id, ' '), '') END
        FROM (SELECT projects.id FROM oauth_client_projects
              JOIN projects ON projects.number = oauth_client_projects.project
              WHERE oauth_client_projects.oauth_client = oauth_clients.number
              ORDER BY oauth_client_projects.project LIMIT 9)) AS project_ids
FROM oauth_clients;

-- Those of clients without any are right already, and need not be written.
UPDATE oauth_clients
SET few_project_ids = (SELECT project_ids FROM few_projects_of_oauth_clients WHERE oauth_client = oauth_clients.number)
WHERE number IN (SELECT oauth_client FROM oauth_client_projects);

CREATE TRIGGER a_project_that_is_attached_is_in_its_clients_row
AFTER INSERT ON oauth_client_projects
BEGIN
  UPDATE oauth_clients
  SET few_project_ids = (SELECT project_ids FROM few_projects_of_oauth_clients WHERE oauth_client = NEW.oauth_client)
  WHERE number = NEW.oauth_client AND few_project_ids IS NOT NULL;
END;

-- Whether it is detached or deleted.
CREATE TRIGGER a_project_that_is_detached_is_not_in_its_clients_row
AFTER DELETE ON oauth_client_projects
BEGIN
  UPDATE oauth_clients
  SET few_project_ids = (SELECT project_ids FROM few_projects_of_oauth_clients WHERE oauth_client = OLD.oauth_client)
  WHERE number = OLD.oauth_client;
END;
