-- Lists by contact and record, beside the others in `listed`.
INSERT OR IGNORE INTO listed (kind, value, received_at, submission)
SELECT 'record', steps.destination || '/' || made.word || '/' || made.id, received_at, seq
FROM (
    SELECT submission, name, 'contact' AS word, result ->> 'contact_id' AS id FROM steps
    UNION ALL SELECT submission, name, 'company', result ->> 'company_id' FROM steps
    UNION ALL SELECT submission, name, 'lead', result ->> 'lead_id' FROM steps
    UNION ALL SELECT submission, name, 'deal', result ->> 'deal_id' FROM steps
    UNION ALL SELECT submission, name, 'item-' || (result ->> 'item_type'), result ->> 'item_id' FROM steps
) AS made
JOIN steps USING (submission, name) JOIN submissions ON seq = submission
WHERE made.id IS NOT NULL AND made.word IS NOT NULL;
