# Doorkeeper, the OAuth 2.0 engine of GitLab, in an application as small as can be. What Doorkeeper answers is Doorkeeper's:
# consent page, codes, tokens, refresh, revocation, and whether a token is good. The REST answers are imitated.
#
# PEER_KIND      gitlab or bitbucket: which paths, and which form of REST answers
# PEER_ROTATION  late or at-once: whether an old refresh token is good until the new access token is used (the column
#                previous_refresh_token, as GitLab has it), or void as soon as there is a new one
# PEER_PLACE     a directory for the database

ENV["DATABASE_URL"] = "sqlite3:#{ENV.fetch("PEER_PLACE")}/peer.db"

require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "doorkeeper"

KIND = ENV.fetch("PEER_KIND")
ROTATION = ENV.fetch("PEER_ROTATION")
USER = "grace"
Person = Struct.new(:id)

# How long a token lives that is made from now on; set below /_peer.
LIFETIME = { seconds: 7200 }

class Engine < Rails::Application
  config.load_defaults 6.1
  config.root = ENV.fetch("PEER_PLACE")
  config.eager_load = false
  config.secret_key_base = SecureRandom.hex(64)
  config.session_store :cookie_store, key: "_peer_session"
  config.hosts.clear
  config.logger = Logger.new($stderr)
  config.log_level = :warn
  config.consider_all_requests_local = false
end

SCOPES = KIND == "gitlab" ? %i[api] : %i[account repository:admin pullrequest:write webhook]

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator do
    session[:user] ? Person.new(session[:user]) : redirect_to("/sign-in?#{{ next: request.fullpath }.to_query}")
  end
  use_refresh_token
  custom_access_token_expires_in { |_| LIFETIME[:seconds] }
  # Bitbucket's consumers have their scopes from their registration, GitLab's ask.
  KIND == "gitlab" ? optional_scopes(*SCOPES) : default_scopes(*SCOPES)
  enforce_configured_scopes
  client_credentials(KIND == "gitlab" ? :from_params : :from_basic)
  force_ssl_in_redirect_uri false
  grant_flows %w[authorization_code]
  access_token_methods :from_bearer_authorization
  skip_client_authentication_for_password_grant false
end

Engine.initialize!

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:oauth_applications) do |t|
    t.string :name, :uid, :secret, null: false
    t.text :redirect_uri, null: false
    t.string :scopes, null: false, default: ""
    t.boolean :confidential, null: false, default: true
    t.timestamps
  end
  create_table(:oauth_access_grants) do |t|
    t.integer :resource_owner_id, :application_id, :expires_in, null: false
    t.string :token, null: false
    t.text :redirect_uri, null: false
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.string :scopes, null: false, default: ""
    t.string :code_challenge, :code_challenge_method
  end
  create_table(:oauth_access_tokens) do |t|
    t.integer :resource_owner_id, :application_id
    t.string :token, null: false
    t.string :refresh_token, :scopes
    t.string :previous_refresh_token, null: false, default: "" if ROTATION == "late"
    t.integer :expires_in
    t.datetime :revoked_at
    t.datetime :created_at, null: false
    t.index :token, unique: true
    t.index :refresh_token, unique: true
  end
end

# Signing in; and, below /_peer, what only tests do.
class PeerController < ActionController::Base
  protect_from_forgery with: :exception, except: %i[set register]

  def form
    render inline: <<~ERB
      <h1>Sign in</h1>
      <%= form_tag "/sign-in" do %>
        <%= hidden_field_tag :next, params[:next] %><%= text_field_tag :username %><%= password_field_tag :password %>
        <%= submit_tag "Sign in" %>
      <% end %>
    ERB
  end

  def sign_in
    return head(:forbidden) unless params[:username] == USER && params[:password] == "a passphrase"

    session[:user] = 1
    redirect_to params[:next].start_with?("/") ? params[:next] : "/"
  end

  def set
    if params[:lifetime]
      LIFETIME[:seconds] = params[:lifetime].to_i
      # A renewed token has the lifetime of the one that it follows.
      Doorkeeper::AccessToken.update_all(expires_in: LIFETIME[:seconds])
    end
    Doorkeeper::AccessToken.all.each(&:revoke) if params[:revoke]
    Doorkeeper::AccessToken.update_all(created_at: 1.day.ago) if params[:expire]
    render json: { good: Doorkeeper::AccessToken.where(revoked_at: nil).count }
  end

  # The page on which an application is registered, without the page.
  def register
    application = Doorkeeper::Application.create!(
      name: "Bowline", redirect_uri: params[:callback], scopes: SCOPES.join(" ")
    )
    render json: { key: application.uid, secret: application.secret }
  end
end

# What GitLab's documentation says of its answers (imitated).
class GitLabController < ActionController::API
  before_action { doorkeeper_authorize!(:api) }

  PROJECTS = %w[platform/dns platform/infra platform/network/core platform/network/edge platform/vault].freeze

  def user
    render json: { id: 1, username: USER, name: "Grace Hopper", state: "active" }
  end

  def projects
    per_page = params.fetch(:per_page, 20).to_i
    number = params.fetch(:page, 1).to_i
    own = PROJECTS.each_slice(per_page).to_a
    response.headers["X-Next-Page"] = number < own.size ? (number + 1).to_s : ""
    render json: (own[number - 1] || []).map { |path| project(path) }
  end

  def doorkeeper_unauthorized_render_options(error:)
    { json: { error: error.name, error_description: error.description } }
  end

  private

  def project(path)
    { id: PROJECTS.index(path) + 1, path_with_namespace: path, path: path.split("/").last, name: path.split("/").last,
      default_branch: "main", http_url_to_repo: "#{request.base_url}/#{path}.git" }
  end
end

# What Bitbucket's documentation says of its answers (imitated).
class BitbucketController < ActionController::API
  before_action { doorkeeper_authorize! }

  REPOSITORIES = { "acme" => %w[dns infra network], "acme-labs" => %w[lab vault] }.freeze

  def user
    render json: { type: "user", username: USER, nickname: USER, display_name: "Grace Hopper", uuid: "{1}" }
  end

  def workspaces
    paged(REPOSITORIES.keys.map { |slug| { type: "workspace_access", workspace: { slug: slug } } })
  end

  def repositories
    workspace = params[:workspace]
    paged(REPOSITORIES.fetch(workspace).map do |slug|
      { type: "repository", full_name: "#{workspace}/#{slug}", name: slug, is_private: true, mainbranch: { name: "main" } }
    end)
  end

  def doorkeeper_unauthorized_render_options(**)
    message = "OAuth2 access token expired. Use your refresh token to obtain a new access token."
    { json: { type: "error", error: { message: message } } }
  end

  private

  # Two on a page, whatever is asked for: `next` has to be followed.
  def paged(values)
    number = params.fetch(:page, 1).to_i
    answer = { pagelen: 2, page: number, values: values[(number - 1) * 2, 2] || [] }
    query = request.query_parameters.merge(page: number + 1).to_query
    answer[:next] = "#{request.base_url}#{request.path}?#{query}" if values.size > number * 2
    render json: answer
  end
end

Engine.routes.draw do
  get "/sign-in", to: "peer#form"
  post "/sign-in", to: "peer#sign_in"
  post "/_peer", to: "peer#set"
  post "/_peer/applications", to: "peer#register"
  if KIND == "gitlab"
    use_doorkeeper { skip_controllers :applications, :authorized_applications }
    get "/api/v4/user", to: "git_lab#user"
    get "/api/v4/projects", to: "git_lab#projects"
  else
    use_doorkeeper(scope: "site/oauth2") { skip_controllers :applications, :authorized_applications }
    get "/2.0/user", to: "bitbucket#user"
    get "/2.0/user/workspaces", to: "bitbucket#workspaces"
    get "/2.0/repositories/:workspace", to: "bitbucket#repositories"
  end
end

# Bitbucket calls it otherwise.
use(Class.new do
  def initialize(application)
    @application = application
  end

  def call(env)
    env["PATH_INFO"] = "/site/oauth2/token" if env["PATH_INFO"] == "/site/oauth2/access_token"
    @application.call(env)
  end
end)
run Engine
