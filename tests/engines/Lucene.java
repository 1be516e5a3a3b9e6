import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.AnalyzerWrapper;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.analysis.core.WhitespaceAnalyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.queryparser.classic.ParseException;
import org.apache.lucene.queryparser.classic.QueryParser;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.store.ByteBuffersDirectory;

/**
 * Lucene's classic query parser and index behind standard input and output, one answer a line.
 *
 * <p>Without a word or with {@code no-leading-wildcard}: a query a line, in base64; the answer says
 * whether the parser takes it. With {@code search}: a line {@code documents N} and N lines of
 * {@code field=value} parts in base64, apart by blanks, make an index; other lines are a default
 * field, a default operator and a query, apart by blanks, and answered by the documents that match.
 */
public final class Lucene {
    private static final long SECONDS = 10;
    private static final int GAP = 100;

    public static void main(String[] arguments) throws Exception {
        List<String> given = List.of(arguments);
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        boolean leading = !given.contains("no-leading-wildcard");
        Index index = null;
        ExecutorService one = worker();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split(" ");
            if (parts[0].equals("documents")) {
                index = new Index(in, Integer.parseInt(parts[1]));
                continue;
            }
            Index asked = index;
            Callable<String> task =
                    asked == null
                            ? () -> taken(text(parts[0]), leading)
                            : () -> asked.matches(parts[0], parts[1], text(parts[2]));
            Future<String> answer = one.submit(task);
            try {
                System.out.println(answer.get(SECONDS, TimeUnit.SECONDS));
            } catch (TimeoutException late) {
                answer.cancel(true);
                one = worker();
                System.out.println("{\"silent\": true}");
            } catch (ExecutionException failure) {
                System.out.println("{\"silent\": true}");
            }
        }
        System.exit(0);
    }

    /** A thread of its own: a parse that does not end is left behind. */
    private static ExecutorService worker() {
        return Executors.newSingleThreadExecutor(
                task -> {
                    Thread thread = new Thread(null, task, "parse", 64L << 20);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    private static String text(String encoded) {
        return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    }

    private static String taken(String query, boolean leading) {
        QueryParser parser = new QueryParser("*", new KeywordAnalyzer());
        parser.setAllowLeadingWildcard(leading);
        try {
            parser.parse(query);
            return "{}";
        } catch (Exception | StackOverflowError error) {
            return refusal(error);
        }
    }

    private static String refusal(Throwable error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        String words = cause.getClass().getSimpleName() + ": " + cause.getMessage();
        return "{\"error\": " + json(words) + "}";
    }

    private static String json(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char one : text.substring(0, Math.min(text.length(), 300)).toCharArray()) {
            if (one == '"' || one == '\\') {
                out.append('\\').append(one);
            } else if (one < ' ' || one > '~') {
                out.append(String.format("\\u%04x", (int) one));
            } else {
                out.append(one);
            }
        }
        return out.append('"').toString();
    }

    /** Documents in memory, indexed as Elasticsearch indexes its keyword and text fields. */
    private static final class Index {
        private final Analyzer analyzer = new Fields();
        private final IndexSearcher searcher;

        Index(BufferedReader in, int count) throws IOException {
            ByteBuffersDirectory directory = new ByteBuffersDirectory();
            try (IndexWriter writer =
                    new IndexWriter(directory, new IndexWriterConfig(analyzer))) {
                for (int number = 0; number < count; number++) {
                    Document document = new Document();
                    for (String part : in.readLine().trim().split(" ")) {
                        int at = part.indexOf('=');
                        if (at > 0) {
                            add(document, part.substring(0, at), text(part.substring(at + 1)));
                        }
                    }
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            searcher = new IndexSearcher(DirectoryReader.open(directory));
        }

        private static void add(Document document, String field, String value) {
            document.add(
                    field.startsWith("t")
                            ? new TextField(field, value, Field.Store.NO)
                            : new StringField(field, value, Field.Store.NO));
        }

        String matches(String field, String operator, String query) {
            try {
                Query read = new Parser(field, operator, analyzer).parse(query);
                ScoreDoc[] found = searcher.search(Parser.fixed(read), 1 << 20).scoreDocs;
                List<String> numbers = new ArrayList<>();
                for (ScoreDoc one : found) {
                    numbers.add(Integer.toString(one.doc));
                }
                return "{\"hits\": [" + String.join(", ", numbers) + "]}";
            } catch (Exception | StackOverflowError error) {
                return refusal(error);
            }
        }
    }

    /** The standard analyzer without stop words for t, blanks for tw, whole values for the rest. */
    private static final class Fields extends AnalyzerWrapper {
        private final Map<String, Analyzer> known =
                Map.of(
                        "t", new StandardAnalyzer(CharArraySet.EMPTY_SET),
                        "tw", new WhitespaceAnalyzer());
        private final Analyzer whole = new KeywordAnalyzer();

        Fields() {
            super(PER_FIELD_REUSE_STRATEGY);
        }

        @Override
        protected Analyzer getWrappedAnalyzer(String field) {
            return known.getOrDefault(field, whole);
        }

        @Override
        public int getPositionIncrementGap(String field) {
            return GAP;
        }
    }

    /**
     * The classic parser with what Elasticsearch documents as its own: a group of prohibited
     * clauses alone matches every other document, and a regular expression is not analyzed.
     */
    private static final class Parser extends QueryParser {
        Parser(String field, String operator, Analyzer analyzer) {
            super(field, analyzer);
            setAllowLeadingWildcard(true);
            setDefaultOperator(operator.equals("AND") ? Operator.AND : Operator.OR);
        }

        @Override
        protected Query getBooleanQuery(List<BooleanClause> clauses) throws ParseException {
            return fixed(super.getBooleanQuery(clauses));
        }

        @Override
        protected Query getRegexpQuery(String field, String text) {
            return newRegexpQuery(new Term(field, text));
        }

        static Query fixed(Query query) {
            if (!(query instanceof BooleanQuery)) {
                return query;
            }
            List<BooleanClause> clauses = ((BooleanQuery) query).clauses();
            boolean negative = !clauses.isEmpty();
            BooleanQuery.Builder builder = new BooleanQuery.Builder();
            for (BooleanClause one : clauses) {
                negative &= one.isProhibited();
                builder.add(one);
            }
            if (!negative) {
                return query;
            }
            return builder.add(new MatchAllDocsQuery(), BooleanClause.Occur.FILTER).build();
        }
    }
}
