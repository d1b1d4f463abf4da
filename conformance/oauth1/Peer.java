import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import net.oauth.OAuth;
import net.oauth.OAuthAccessor;
import net.oauth.OAuthConsumer;
import net.oauth.OAuthMessage;
import net.oauth.OAuthProblemException;
import net.oauth.OAuthServiceProvider;
import net.oauth.SimpleOAuthValidator;
import net.oauth.signature.RSA_SHA1;

/**
 * A provider of OAuth 1.0a below the paths of Bitbucket Data Center. Signatures, nonces, times and problem reports are those
 * of net.oauth, from which Atlassian's own provider comes. Pages, lifetimes and REST answers are imitated.
 */
public class Peer {
    static final String USER = "grace";
    static final String SERVLETS = "/plugins/servlet/oauth/";
    static final Map<String, OAuthConsumer> consumers = new ConcurrentHashMap<>();
    /** By request token or access token. */
    static final Map<String, Token> tokens = new ConcurrentHashMap<>();
    static volatile long skewMs = 0;
    static volatile String lifetimeS = "157680000";
    static volatile int renewals = 0;
    static String base;
    static String context;

    static class Token {
        final OAuthAccessor accessor;
        String callback;
        String verifier;
        String session;
        volatile boolean isGood = true;

        Token(OAuthConsumer consumer) {
            accessor = new OAuthAccessor(consumer);
        }
    }

    static final SimpleOAuthValidator validator = new SimpleOAuthValidator() {
        @Override
        protected long currentTimeMsec() {
            return System.currentTimeMillis() + skewMs;
        }
    };

    interface Answer {
        void to(HttpExchange exchange, Map<String, String> form) throws Exception;
    }

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        context = arguments[1];
        base = "http://127.0.0.1:" + port;
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 50);
        server.setExecutor(Executors.newFixedThreadPool(16));
        on(server, context + SERVLETS + "request-token", Peer::requestToken);
        on(server, context + SERVLETS + "authorize", Peer::authorize);
        on(server, context + SERVLETS + "access-token", Peer::accessToken);
        on(server, context + "/plugins/servlet/applinks/whoami", (exchange, form) -> {
            access(exchange);
            send(exchange, 200, "text/plain", USER);
        });
        on(server, context + "/rest/api/1.0/users/" + USER, (exchange, form) -> {
            access(exchange);
            send(exchange, 200, "application/json", "{\"name\":\"" + USER + "\",\"slug\":\"" + USER + "\"}");
        });
        on(server, context + "/rest/api/1.0/repos", Peer::repositories);
        on(server, "/_peer/link", (exchange, form) -> {
            OAuthServiceProvider provider = new OAuthServiceProvider(null, null, null);
            OAuthConsumer consumer = new OAuthConsumer(form.get("callback"), form.get("key"), null, provider);
            consumer.setProperty(RSA_SHA1.PUBLIC_KEY, form.get("public-key"));
            consumers.put(form.get("key"), consumer);
            send(exchange, 200, "application/json", "{}");
        });
        on(server, "/_peer", (exchange, form) -> {
            skewMs = Long.parseLong(form.getOrDefault("skew-ms", String.valueOf(skewMs)));
            lifetimeS = form.getOrDefault("lifetime", lifetimeS);
            if (form.containsKey("revoke")) {
                tokens.values().forEach(token -> token.isGood = false);
            }
            send(exchange, 200, "application/json", "{\"renewals\":" + renewals + "}");
        });
        server.start();
    }

    static void requestToken(HttpExchange exchange, Map<String, String> form) throws Exception {
        OAuthMessage message = message(exchange);
        message.requireParameters(OAuth.OAUTH_CALLBACK);
        OAuthConsumer consumer = consumer(message);
        validator.validateMessage(message, new OAuthAccessor(consumer));
        Token token = new Token(consumer);
        token.callback = message.getParameter(OAuth.OAUTH_CALLBACK);
        token.accessor.requestToken = UUID.randomUUID().toString();
        tokens.put(token.accessor.requestToken, token);
        sendForm(exchange, "oauth_token", token.accessor.requestToken, "oauth_token_secret", "unused",
            "oauth_callback_confirmed", "true");
    }

    /** The page, and what its buttons lead to. */
    static void authorize(HttpExchange exchange, Map<String, String> form) throws Exception {
        Map<String, String> query = form(exchange.getRequestURI().getRawQuery());
        Token token = tokens.get(form.getOrDefault("oauth_token", query.getOrDefault("oauth_token", "")));
        if (token == null || token.accessor.requestToken == null || !token.isGood) {
            send(exchange, 401, "text/html", "<h1>There is no such request</h1>");
        } else if (exchange.getRequestMethod().equals("GET")) {
            send(exchange, 200, "text/html", "<h1>Allow access?</h1><form method=post><input type=hidden name=oauth_token "
                + "value=\"" + token.accessor.requestToken + "\"><button name=approve value=yes>Allow</button>"
                + "<button name=approve value=no>Deny</button></form>");
        } else {
            token.verifier = form.get("approve").equals("yes") ? UUID.randomUUID().toString() : "denied";
            String there = OAuth.addParameters(token.callback, "oauth_token", token.accessor.requestToken,
                OAuth.OAUTH_VERIFIER, token.verifier);
            exchange.getResponseHeaders().set("Location", there);
            exchange.sendResponseHeaders(302, -1);
        }
    }

    static void accessToken(HttpExchange exchange, Map<String, String> form) throws Exception {
        OAuthMessage message = message(exchange);
        OAuthConsumer consumer = consumer(message);
        Token old = token(message);
        validator.validateMessage(message, old.accessor);
        String session = message.getParameter("oauth_session_handle");
        if (session != null) {
            if (!session.equals(old.session)) {
                throw new OAuthProblemException(OAuth.Problems.TOKEN_REJECTED);
            }
            renewals++;
        } else if (old.verifier == null || !old.verifier.equals(message.getParameter(OAuth.OAUTH_VERIFIER))) {
            throw new OAuthProblemException(OAuth.Problems.PERMISSION_UNKNOWN);
        }
        tokens.values().remove(old);
        Token token = new Token(consumer);
        token.accessor.accessToken = UUID.randomUUID().toString();
        token.session = UUID.randomUUID().toString();
        tokens.put(token.accessor.accessToken, token);
        sendForm(exchange, "oauth_token", token.accessor.accessToken, "oauth_token_secret", "unused",
            "oauth_expires_in", lifetimeS, "oauth_session_handle", token.session,
            "oauth_authorization_expires_in", "160272000");
    }

    static void repositories(HttpExchange exchange, Map<String, String> form) throws Exception {
        access(exchange);
        Map<String, String> query = form(exchange.getRequestURI().getRawQuery());
        int start = Integer.parseInt(query.getOrDefault("start", "0"));
        String[] slugs = {"dns", "infra", "network", "vault", "wiki"};
        List<String> values = new ArrayList<>();
        for (int i = start; i < Math.min(start + 2, slugs.length); i++) {
            values.add("{\"slug\":\"" + slugs[i] + "\",\"name\":\"" + slugs[i] + "\",\"project\":{\"key\":\"PLAT\"}}");
        }
        boolean isLast = start + 2 >= slugs.length;
        send(exchange, 200, "application/json", "{\"size\":" + values.size() + ",\"limit\":2,\"isLastPage\":" + isLast
            + ",\"start\":" + start + ",\"nextPageStart\":" + (isLast ? "null" : start + 2)
            + ",\"values\":[" + String.join(",", values) + "]}");
    }

    static void access(HttpExchange exchange) throws Exception {
        OAuthMessage message = message(exchange);
        consumer(message);
        Token token = token(message);
        if (token.accessor.accessToken == null) {
            throw new OAuthProblemException(OAuth.Problems.TOKEN_REJECTED);
        }
        validator.validateMessage(message, token.accessor);
    }

    static OAuthMessage message(HttpExchange exchange) {
        String field = exchange.getRequestHeaders().getFirst("Authorization");
        URI uri = exchange.getRequestURI();
        return new OAuthMessage(exchange.getRequestMethod(), base + uri.toASCIIString(), OAuthMessage.decodeAuthorization(field));
    }

    static OAuthConsumer consumer(OAuthMessage message) throws Exception {
        message.requireParameters(OAuth.OAUTH_CONSUMER_KEY);
        OAuthConsumer consumer = consumers.get(message.getConsumerKey());
        if (consumer == null) {
            throw new OAuthProblemException(OAuth.Problems.CONSUMER_KEY_UNKNOWN);
        }
        return consumer;
    }

    static Token token(OAuthMessage message) throws Exception {
        message.requireParameters(OAuth.OAUTH_TOKEN);
        Token token = tokens.get(message.getToken());
        if (token == null || !token.isGood || token.accessor.consumer != consumer(message)) {
            throw new OAuthProblemException(OAuth.Problems.TOKEN_REJECTED);
        }
        return token;
    }

    static void on(HttpServer server, String path, Answer answer) {
        server.createContext(path, exchange -> {
            try (exchange) {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                try {
                    answer.to(exchange, form(body));
                } catch (OAuthProblemException problem) {
                    refuse(exchange, problem);
                } catch (Exception e) {
                    e.printStackTrace();
                    send(exchange, 500, "text/plain", "failed");
                }
            }
        });
    }

    /** As net.oauth.server.OAuthServlet does it. */
    static void refuse(HttpExchange exchange, OAuthProblemException problem) throws IOException {
        OAuthMessage report = new OAuthMessage(null, null, problem.getParameters().entrySet());
        exchange.getResponseHeaders().set("WWW-Authenticate", report.getAuthorizationHeader(base + context));
        int status = OAuth.Problems.TO_HTTP_CODE.getOrDefault(problem.getProblem(), 403);
        send(exchange, status, "application/x-www-form-urlencoded", OAuth.formEncode(report.getParameters()));
    }

    static Map<String, String> form(String text) {
        Map<String, String> fields = new HashMap<>();
        OAuth.decodeForm(text).forEach(field -> fields.put(field.getKey(), field.getValue()));
        return fields;
    }

    static void sendForm(HttpExchange exchange, String... pairs) throws IOException {
        send(exchange, 200, "application/x-www-form-urlencoded", OAuth.formEncode(OAuth.newList(pairs)));
    }

    static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }
}
